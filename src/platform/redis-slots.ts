/** How many slots the keys and channels of a cluster fall into. */
export const SLOTS = 16_384;

/** CRC-16/XMODEM, polynomial 0x1021, of one byte. */
const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit += 1) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
  return crc;
});

/** The slot of a key or channel: CRC-16 of it, or of what its first braces hold (Redis Cluster specification, "Hash tags"). */
export function slotOf(name: string): number {
  const start = name.indexOf('{');
  const end = start < 0 ? -1 : name.indexOf('}', start + 1);
  const hashed = end > start + 1 ? name.slice(start + 1, end) : name;
  let crc = 0;
  for (const byte of Buffer.from(hashed)) crc = ((crc << 8) ^ (TABLE[((crc >> 8) ^ byte) & 0xff] ?? 0)) & 0xffff;
  return crc % SLOTS;
}

/** Which node each slot belongs to, by its address, as far as anybody said. */
export class Owners {
  #bySlot: readonly string[] = [];

  /** Takes in the nodes of each slot, its master first. Answers all masters, or null where nothing changed. */
  learn(nodesBySlot: readonly (readonly string[])[]): ReadonlySet<string> | null {
    const bySlot = Array.from({ length: SLOTS }, (_, slot) => nodesBySlot[slot]?.[0] ?? '');
    if (bySlot.every((owner, slot) => owner === this.#bySlot[slot])) return null;
    this.#bySlot = bySlot;
    return new Set(bySlot.filter((owner) => owner !== ''));
  }

  /** The address of the node that holds a key or channel; null while nobody knows. */
  of(name: string): string | null {
    return this.#bySlot[slotOf(name)] || null;
  }
}
