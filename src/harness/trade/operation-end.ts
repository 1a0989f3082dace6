import type { DriverError } from '../lease/driver-api.ts';
import type { OperationEnd } from './operation.ts';
import { DriverCallError } from '../lease/driver-client.ts';

/** The end of an operation without an ok. An end that the driver cannot tell stays `unknown`. */
export function endOf(error: unknown, limitMs: number): Exclude<OperationEnd, { result: 'ok' }> {
  if (!(error instanceof DriverCallError)) return { result: 'unknown', error: String(error) };
  switch (error.error.kind) {
    case 'no-answer':
      return { result: 'unknown', error: `no answer within ${limitMs / 1000} s` };
    case 'rpc':
      return { result: 'unknown', error: `the node could not be reached: ${error.error.message}` };
    case 'driver':
      return { result: 'unknown', error: error.error.message };
    case 'flow':
      return { result: 'failed', error: `the flow failed: ${causes(error.error)}` };
    case 'request':
      return { result: 'failed', error: `this is a bug in the harness, the driver refused: ${error.error.message}` };
  }
}

/** The exception chain without packages, and without links that only repeat the one below. */
function causes({ message, chain }: DriverError): string {
  const links = chain.map(withoutPackage);
  const telling = links.filter((link, index) => !links.slice(0, index).some((above) => above.includes(wordsOf(link))));
  return telling.length > 0 ? telling.join('; caused by ') : message;
}

function withoutPackage(link: string): string {
  return link.replaceAll(/\b(?:[a-z]\w*\.){2,}(?=[A-Z])/g, '');
}

function wordsOf(link: string): string {
  return link.slice(link.indexOf(': ') + 1).trim();
}
