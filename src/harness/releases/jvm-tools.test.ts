import { expect, test } from 'vitest';
import { serviceClassPath, toolJvmArgs } from './jvm-tools.ts';

test("the harness's own classes come before the release's, CorDapps last", () => {
  const cordapp = { file: '/cache/finance.jar', name: 'finance.jar', sha256: '', origin: '' };
  const program = { tools: { classes: '/tools' }, kit: { classPath: ['/node.jar', '/rpc.jar'] }, cordapps: [cordapp] };
  expect(serviceClassPath(program)).toEqual(['/tools', '/node.jar', '/rpc.jar', '/cache/finance.jar']);
});

test('a JVM of the harness has its heap, starts fast and writes no log files', () => {
  expect(toolJvmArgs(17, 96)).toEqual([
    '-Xmx96m',
    '-XX:TieredStopAtLevel=1',
    '-XX:+UseSerialGC',
    '-XX:-UsePerfData',
    '-Dlog4j.configurationFile=compat-log4j2.xml',
    '-DLog4jContextSelector=org.apache.logging.log4j.core.selector.ClassLoaderContextSelector',
  ]);
});

test('only Java 8 is told not to verify bytecode: 17 warns of it', () => {
  expect(toolJvmArgs(8, 96)).toContain('-Xverify:none');
});
