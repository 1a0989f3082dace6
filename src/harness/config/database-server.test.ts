import { expect, test } from 'vitest';
import { parseDatabaseServer, shownServer } from './outside.ts';

test('what an address leaves out has a default; what it encodes is decoded', () => {
  expect(parseDatabaseServer('postgres://u@db.example')).toEqual({
    host: 'db.example',
    port: 5432,
    user: 'u',
    password: '',
    database: 'postgres',
  });
  expect(shownServer(parseDatabaseServer('postgres://u:secret@db.example'))).toBe('u@db.example:5432');
  const whole = parseDatabaseServer('postgresql://a%40b:p%2Fq@[::1]:5433/main');
  expect(whole).toEqual({ host: '::1', port: 5433, user: 'a@b', password: 'p/q', database: 'main' });
  expect(shownServer(whole)).toBe('a@b@[::1]:5433');
});

test.for([
  '',
  'db.example',
  'mysql://u:p@h/d',
  'notpostgres://u:p@h/d',
  'postgresqls://u:p@h/d',
  'postgresql://host/db',
])('%j is refused, without its password', (text) => {
  expect(() => parseDatabaseServer(text)).toThrow('must be postgresql://USER:PASSWORD@HOST:PORT/DATABASE');
});
