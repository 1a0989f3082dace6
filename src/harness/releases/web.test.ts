import { expect, test } from 'vitest';
import { proxyFor } from './web.ts';

const http = { protocol: 'http', nonProxyHosts: '*.corp|localhost|10.*' };
const https = { protocol: 'HTTPS', nonProxyHosts: '' };

test.each([
  ['http://repo.example/x', [http, https], http],
  ['https://repo.example/x', [http, https], https],
  ['https://repo.example/x', [http], http],
  ['http://repo.example/x', [https], undefined],
  ['http://repo.CORP/x', [http], undefined],
  ['https://repo.corp/x', [http, https], https],
  ['http://corp/x', [http], http],
  ['http://10.1.2.3/x', [http], undefined],
  ['http://110.1.2.3/x', [http], http],
  ['http://localhost:8081/x', [http, { ...http, nonProxyHosts: '' }], { ...http, nonProxyHosts: '' }],
])('%s goes as Maven would send it', (url, proxies, proxy) => {
  expect(proxyFor(new URL(url), proxies)).toEqual(proxy);
});
