/**
 * The two displays that nobody judges: lamps show them by themselves while nothing fresh comes from the agent. The chip makes both (`panel.c`);
 * other drivers take them from here.
 */
import type { Display } from './display.ts';

/** Nothing was judged for too long: red and amber in turn. */
export const hostLost: Display = {
  lamps: { ready: 'off', attention: 'counterturn', c2: 'turn', traffic: 'off' },
  buzzer: false,
  faults: [
    {
      vi: 'Phần mềm của thiết bị không còn hoạt động: khởi động lại thiết bị, báo Trung tâm',
      en: 'The software of the box no longer works: restart the box, tell the centre',
    },
  ],
};

/** The agent is starting, or stopped as planned: amber flashes alone. */
export const hostAway: Display = {
  lamps: { ready: 'off', attention: 'pulse', c2: 'off', traffic: 'off' },
  buzzer: false,
  faults: [{ vi: 'Thiết bị đang khởi động, hoặc đang dừng theo kế hoạch', en: 'The box is starting, or has stopped as planned' }],
};
