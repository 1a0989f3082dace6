import { stripVTControlCharacters } from 'node:util';

/** XML parsers turn line ends in attributes into spaces; say so ourselves. */
export function oneLine(text: string): string {
  return xmlText(text).replace(/\s*\n\s*/g, ' ');
}

/** Terminal colours go; characters that XML 1.0 cannot hold become visible: `\u0007`. */
export function xmlText(text: string): string {
  return stripVTControlCharacters(text).replace(
    /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u0084\u0086-\u009F\uFFFE\uFFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
