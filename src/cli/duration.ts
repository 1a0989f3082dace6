import { InvalidArgumentError } from 'commander';

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `30m`, `1h`, `2d` in milliseconds. @throws InvalidArgumentError for anything else */
export function parseDuration(text: string): number {
  const [, amount, unit] = /^(\d+)(s|m|h|d)$/.exec(text) ?? [];
  const factor = UNITS[unit ?? ''];
  if (amount === undefined || factor === undefined)
    throw new InvalidArgumentError('Give a number with s, m, h or d, for example 90s or 1h.');
  return Number(amount) * factor;
}
