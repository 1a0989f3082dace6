import { expect } from 'vitest';
import type { ZoneForge } from './zone-forge.ts';

/** What a node asks of a zone, over HTTP. */
export interface AsNode {
  get(path: string): Promise<Response>;
  post(path: string, body: Uint8Array<ArrayBuffer>): Promise<Response>;
  /** Sends a request for a certificate. @returns its id */
  submit(key: string, name: string, role?: string): Promise<string>;
  /** Status and reason of a request. */
  decisionOn(id: string): Promise<readonly [number, string]>;
  /** The doorman's ZIP, Base64. */
  chainOf(id: string): Promise<string>;
}

export function asNode(url: string, forge: ZoneForge): AsNode {
  const headers = { 'content-type': 'application/octet-stream', 'Platform-Version': '7', 'Client-Version': '4.5' };
  const get = (path: string) => fetch(`${url}${path}`);
  const post = (path: string, body: Uint8Array<ArrayBuffer>) =>
    fetch(`${url}${path}`, { method: 'POST', headers, body });
  return {
    get,
    post,
    submit: async (key, name, role = 'NODE_CA') => {
      const response = await post('/certificate', await forge.make('csr', key, role, name));
      expect(response.status).toBe(200);
      return await response.text();
    },
    decisionOn: async (id) => {
      const response = await get(`/certificate/${id}`);
      return [response.status, response.status === 200 ? '' : await response.text()];
    },
    chainOf: async (id) => {
      const response = await get(`/certificate/${id}`);
      expect(response.status).toBe(200);
      return Buffer.from(await response.arrayBuffer()).toString('base64');
    },
  };
}
