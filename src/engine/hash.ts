/** Fifteen hexadecimal digits of a text (cyrb53 twice): names an inline metric by what it says. Not for security. */
export function shortHash(text: string): string {
  return (cyrb53(text, 0).toString(16).padStart(14, '0') + cyrb53(text, 1).toString(16)).slice(0, 15);
}

function cyrb53(text: string, seed: number): number {
  let one = 0xdeadbeef ^ seed;
  let two = 0x41c6ce57 ^ seed;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    one = Math.imul(one ^ code, 2654435761);
    two = Math.imul(two ^ code, 1597334677);
  }
  one = Math.imul(one ^ (one >>> 16), 2246822507) ^ Math.imul(two ^ (two >>> 13), 3266489909);
  two = Math.imul(two ^ (two >>> 16), 2246822507) ^ Math.imul(one ^ (one >>> 13), 3266489909);
  return 4294967296 * (2097151 & two) + (one >>> 0);
}
