import { uuidv7 } from 'uuidv7';
import { EntryTable } from '../../src/ranking/entry-table.ts';
import { OrderedEntries } from '../../src/ranking/ordered-entries.ts';
import { UserTable } from '../../src/ranking/user-table.ts';

/** The order alone: who asks has the number of the entry, and no id is looked for. */
export interface MeasuredOrder {
  /** Where the entry stands, from 0. */
  position(entry: number): number;
  /** Lets it stand where another value and moment want it. */
  move(entry: number, value: number, achievedAt: number): void;
}

/** A ranking of so many entries, numbered from 0; `firstValue` and `firstMoment` say with what each begins. */
export function measuredOrder(entries: number, firstValue: () => number, firstMoment: () => number): MeasuredOrder {
  const users = new UserTable();
  const table = new EntryTable(users);
  const { leaves } = table;
  const order = new OrderedEntries(table, 0);
  for (let number = 0; number < entries; number += 1) {
    const entry = table.add(0, users.add(uuidv7()));
    table.setSecondary(entry, firstMoment());
    order.insert(entry, 0 - firstValue());
  }
  return {
    position(entry) {
      const leaf = table.leafOf(entry);
      return order.positionOf(leaf, leaves.find(leaf, entry));
    },
    move(entry, value, achievedAt) {
      const leaf = table.leafOf(entry);
      const place = leaves.find(leaf, entry);
      table.setSecondary(entry, achievedAt);
      if (order.replace(leaf, place, 0 - value)) return;
      order.remove(leaf, place);
      order.insert(entry, 0 - value);
    },
  };
}
