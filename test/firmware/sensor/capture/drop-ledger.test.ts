import { describe, expect, it } from 'vitest';
import { DropLedger } from '../../../../firmware/sensor/capture/drop-ledger.ts';

describe('the drop ledger', () => {
  it('sums the counters of one session after another', () => {
    const ledger = new DropLedger();
    ledger.update({ received: 100, dropped: 3, interfaceDropped: 1 });
    ledger.update({ received: 150, dropped: 5, interfaceDropped: 1 });
    ledger.endSession(145);
    ledger.update({ received: 10, dropped: 1, interfaceDropped: 2 });
    expect(ledger).toMatchObject({ offered: 160, dropped: 6, interfaceDropped: 3 });
  });

  it('goes on counting when 32 bits wrap', () => {
    const ledger = new DropLedger();
    ledger.update({ received: 0xffff_fff0, dropped: 0xffff_fff0, interfaceDropped: 0 });
    ledger.update({ received: 0x10, dropped: 0x10, interfaceDropped: 0 });
    expect(ledger.offered).toBe(0x1_0000_0010);
    expect(ledger.dropped).toBe(0x1_0000_0010);
  });

  it('counts as dropped what a session took with it when it ended', () => {
    const ledger = new DropLedger();
    ledger.update({ received: 100, dropped: 10, interfaceDropped: 0 });
    ledger.endSession(70);
    expect(ledger.dropped).toBe(30);
    ledger.endSession(0);
    expect(ledger.dropped).toBe(30);
  });
});
