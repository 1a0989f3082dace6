import { expect, test } from 'vitest';
import { pushGateway } from './outside.ts';

test.each(['http://gateway.example:9091', 'https://me:s3cret@gateway.example/metrics'])(
  '%s is used as it is',
  (address) => {
    expect(pushGateway({ COMPAT_PUSH_GATEWAY: address })).toBe(address);
  },
);

test('there is none where it is not set', () => {
  expect(pushGateway({})).toBeUndefined();
  expect(pushGateway({ COMPAT_PUSH_GATEWAY: '' })).toBeUndefined();
});

test.each(['gateway', 'ftp://me:s3cret@gateway.example', 'xhttp://gateway.example', 'httpsx://gateway.example'])(
  '%s is refused without being shown',
  (address) => {
    expect(() => pushGateway({ COMPAT_PUSH_GATEWAY: address })).toThrow(
      /^must be the address of a push gateway, for example http:\/\/gateway.example:9091$/,
    );
  },
);
