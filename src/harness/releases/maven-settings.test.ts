import { describe, expect, test } from 'vitest';
import { mirrorOfCentral } from './maven-repository.ts';
import { parseMavenSettings } from './maven-settings.ts';

const mirror = (mirrorOf: string, more = ''): string =>
  `<mirror><id>m</id><url>https://m.example/maven</url><mirrorOf>${mirrorOf}</mirrorOf>${more}</mirror>`;
const settings = (inner: string): string =>
  `<?xml version="1.0"?><settings xmlns="http://maven.apache.org/SETTINGS/1.0.0">${inner}</settings>`;
const central = (mirrors: string, env = {}) =>
  mirrorOfCentral(parseMavenSettings(settings(`<mirrors>${mirrors}</mirrors>`), env).mirrors);

describe('the mirror of Central in a settings.xml', () => {
  test.each(['*', 'central', 'external:*', 'a,central', 'a, *', '*,!other', ' central '])(
    'mirrorOf %j is one',
    (mirrorOf) => {
      expect(central(mirror(mirrorOf))?.url).toBe('https://m.example/maven');
    },
  );

  test.each(['other', '*,!central', '!central,*', 'external:http:*', '', 'external:*,!central'])(
    '%j is none',
    (mirrorOf) => {
      expect(central(mirror(mirrorOf))).toBeUndefined();
    },
  );

  test('one that is blocked gives nothing; the next one does', () => {
    expect(central(mirror('*', '<blocked>true</blocked>'))).toBeUndefined();
    const next = mirror('*').replace('>m<', '>next<');
    expect(central(mirror('*', '<blocked>true</blocked>') + next)?.id).toBe('next');
    expect(central(mirror('*', '<blocked>false</blocked>'))?.id).toBe('m');
  });

  test('one named for Central goes before an earlier pattern', () => {
    expect(central(mirror('*') + mirror('central').replace('>m<', '>named<'))?.id).toBe('named');
  });

  test('has the credentials of the server of its id, the environment filled in', () => {
    const servers =
      '<servers><server><id>x</id><username>no</username></server><server><id>m</id><username>me</username><password>${env.SECRET}</password></server></servers>';
    const parsed = parseMavenSettings(settings(`<mirrors>${mirror('*')}</mirrors>${servers}`), { SECRET: 'a&b' });
    expect(parsed.mirrors).toEqual([
      { id: 'm', url: 'https://m.example/maven', mirrorOf: '*', blocked: false, username: 'me', password: 'a&b' },
    ]);
  });

  test.each(['', '<mirrors/>', '<mirrors></mirrors><servers/>', '<localRepository>x</localRepository>'])(
    'none in %j',
    (inner) => {
      expect(mirrorOfCentral(parseMavenSettings(settings(inner), {}).mirrors)).toBeUndefined();
    },
  );

  test('a file that is no settings.xml is an error', () => {
    expect(() => parseMavenSettings('not XML at all', {})).toThrow();
    expect(() => parseMavenSettings('<project/>', {})).toThrow();
  });
});
