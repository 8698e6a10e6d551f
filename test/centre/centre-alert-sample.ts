/** An alert of the centre itself, with every field that words are made of. */
import type { CentreAlert } from '../../firmware/contract/centre-alert.ts';

export function centreAlertOf(changes: Partial<CentreAlert> = {}): CentreAlert {
  return {
    schema: 'centre-alert/1',
    id: '01940000-0000-7000-8000-0000000000c1',
    rev: 1,
    state: 'open',
    box: 'hx-lang-son',
    agency: 'UBND huyện Mẫu',
    kind: 'box.silent',
    severity: 3,
    tsFirst: '2026-01-20T18:30:05.000Z',
    tsLast: '2026-01-20T18:31:00.000Z',
    count: 1,
    reasons: [{ measured: 'seconds without a sign of life', value: 151, threshold: 150 }],
    advice: { vi: 'Gọi cán bộ kỹ thuật của đơn vị.', en: 'Call the technician of the agency.' },
    ...changes,
  };
}
