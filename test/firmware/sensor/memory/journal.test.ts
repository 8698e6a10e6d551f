import { describe, expect, it } from 'vitest';
import { BegunFlows } from '../../../../firmware/sensor/memory/begun-flows.ts';
import { Journal } from '../../../../firmware/sensor/memory/journal.ts';
import { type JournalEntry, readJournal } from '../../../../firmware/sensor/memory/journal-reader.ts';
import { kindCertificate, kindIPv4, kindIPv6, kindJa4, kindName, seenBy } from '../../../../firmware/sensor/memory/sighting.ts';
import { Connection } from '../../../../firmware/sensor/observe/event.ts';
import { Random } from '../../../fuzz/random.ts';

type Words = [number, number, number, number];
const mapped = (d: number): Words => [0, 0, 0xffff, d];

function connectionOf(client: Words, server: Words, serverSpokeFirst: boolean): Connection {
  const [clientA, clientB, clientC, clientD] = client;
  const [serverA, serverB, serverC, serverD] = server;
  return Object.assign(new Connection(), { clientA, clientB, clientC, clientD, serverA, serverB, serverC, serverD, serverSpokeFirst });
}

const noted = ({ kind, flags, second, times, isSwapped, client, server, port, ...value }: JournalEntry) => ({
  ...{ kind, flags, second, times, isSwapped, client: [...client], server: [...server], port },
  value:
    kind === kindIPv4 || kind === kindIPv6
      ? `${value.address} ${value.valuePort}`
      : Buffer.from(value.bytes.subarray(value.start, value.start + value.length)).toString(kind === kindCertificate ? 'hex' : 'latin1'),
});

/** Followed by other text, as in the memory that names are written to. */
function wordsOf(text: string): Int32Array {
  const bytes = Buffer.alloc(256, 'y');
  bytes.write(text, 'latin1');
  return new Int32Array(new Uint8Array(bytes).buffer);
}

const entriesOf = (journal: Journal) => {
  const entries: ReturnType<typeof noted>[] = [];
  readJournal(journal.take(0, [], []), (entry) => entries.push(noted(entry)));
  return entries;
};

describe('the journal of what was met', () => {
  it('is read as it was written, of IPv4 and IPv6, whatever stands beside it', () => {
    const random = new Random(1);
    const journal = new Journal();
    const expected: ReturnType<typeof noted>[] = [];
    const words = (isFour: boolean): Words =>
      isFour ? mapped(random.i32()) : [random.i32() | 1, random.i32(), random.i32(), random.i32()];
    for (let round = 0; round < 3_000; round++) {
      const isFour = random.chance(0.7);
      const [client, server, second, isSwapped] = [words(isFour), words(isFour), random.below(86_400), random.chance(0.2)];
      const connection = connectionOf(client, server, isSwapped);
      const port = random.below(65_536);
      const flags = random.below(seenBy.otherProtocol << 1);
      const common = { flags, second, isSwapped, client, server };
      const counts = random.chance(0.5);
      const choice = random.below(4);
      if (choice === 0) {
        journal.addFarEnd(connection, port, flags, second, counts);
        expected.push({ ...common, kind: 15, times: counts ? 1 : 0, port, value: '' });
      } else if (choice === 1) {
        const address = words(random.chance(0.5));
        journal.addAddress(connection, ...address, port, flags, second);
        const kind = address[0] === 0 ? kindIPv4 : kindIPv6;
        expected.push({ ...common, kind, times: 0, port: 0, value: `${address} ${port}` });
      } else if (choice === 2) {
        const name = 'x'.repeat(random.below(256));
        journal.addText(connection, kindName, wordsOf(name), name.length, port, flags, second, counts);
        expected.push({ ...common, kind: kindName, times: counts ? 1 : 0, port, value: name });
      } else {
        const kind = random.pick([kindJa4, kindCertificate]);
        const value =
          kind === kindJa4
            ? `t13d${round}`
            : random
                .below(2 ** 30)
                .toString(16)
                .padStart(8, '0')
                .repeat(13);
        journal.addKept(connection, kind, journal.keep(value), port, flags, second);
        expected.push({ ...common, kind, times: 1, port, value });
      }
    }
    expect(journal.isFull).toBe(false);
    const part = structuredClone(journal.take(20_000, ['10.0.0.0/8'], []));
    const read: typeof expected = [];
    readJournal(part, (entry) => read.push(noted(entry)));
    expect(read).toEqual(expected);
    expect(part.entries).toBe(expected.length);
    expect(journal.take(20_001, [], [])).toMatchObject({ length: 0, entries: 0, kept: [] });
  });

  it('has room for a whole event while it is not full', () => {
    const journal = new Journal();
    const connection = connectionOf([1, 2, 3, 4], [5, 6, 7, 8], false);
    const name = wordsOf('a'.repeat(255));
    const add = () => journal.addText(connection, kindName, name, 255, 443, seenBy.dns, 1, true);
    // Every place that the end can fall on.
    for (let shift = 0; shift < 80; shift++) {
      for (let index = 0; index < shift; index++) journal.addFarEnd(connection, 443, seenBy.tcp, 1, true);
      while (!journal.isFull) for (let index = 0; index < 16; index++) add();
      const part = journal.take(20_000, [], []);
      expect(part.length).toBeLessThanOrEqual(part.words.length);
      let names = 0;
      readJournal(part, ({ kind, length }) => {
        if (kind === kindName && length === 255) names++;
      });
      expect(names + shift).toBe(part.entries);
    }
  });

  it('takes the answer of a flow into its own entry, and tells of it apart where that began in another second or is not here any more', () => {
    const journal = new Journal();
    const begun = new BegunFlows();
    const begin = (flow: number, serverSpokeFirst = false) => {
      const connection = Object.assign(connectionOf(mapped(1), mapped(2), serverSpokeFirst), { flow });
      begun.put(connection, journal.addFarEnd(connection, 443, seenBy.tcp, 7, true));
      return connection;
    };
    const [one, other, inbound] = [begin(1), begin(2), begin(3, true)];
    expect(begun.addFlags(journal, one, seenBy.answered, 7)).toBe(true);
    expect(begun.addFlags(journal, other, seenBy.answered, 8)).toBe(false);
    expect(begun.addFlags(journal, inbound, seenBy.answered, 7)).toBe(false);
    expect(begun.addFlags(journal, Object.assign(one, { flow: 1025 }), seenBy.answered, 7)).toBe(false);
    expect(entriesOf(journal).map(({ flags }) => flags)).toEqual([seenBy.tcp | seenBy.answered, seenBy.tcp, seenBy.tcp]);
    begun.clear();
    expect(begun.addFlags(journal, Object.assign(one, { flow: 1 }), seenBy.answered, 7)).toBe(false);
  });
});
