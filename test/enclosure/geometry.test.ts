import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { definesOf, run } from '../../enclosure/openscad.ts';
import { readParameters } from '../../enclosure/parameters.ts';
import { parts } from '../../enclosure/parts.ts';
import {
  boundsOf,
  type Checked,
  check,
  inspect,
  missingTools,
  model,
  renderPart,
  renderPlainLid,
  twoAtOnce,
  verticesOf,
} from './openscad-checks.ts';

/** Of common printers. */
const bedMm = 220;
const boards = ['pi4', 'pi5'] as const;

const connectors: Record<(typeof boards)[number], string[]> = {
  pi4: ['usb2', 'usb3', 'ethernet', 'power', 'hdmi0', 'hdmi1', 'audio', 'card', 'adapter', 'leads'],
  pi5: ['ethernet', 'usb3', 'usb2', 'power', 'hdmi0', 'hdmi1', 'card', 'adapter', 'leads', 'power-button'],
};

const perBoard = [
  'contents in case',
  'contents among themselves',
  'way in',
  'computer too low',
  'plugs',
  'frames',
  'parts among themselves',
];
const once = ['panel parts too near', 'rail in clips', 'rail pulled out'];

describe.skipIf(missingTools.length > 0)(
  `the case (${missingTools.length > 0 ? `skipped: no ${missingTools.join(', ')}` : 'openscad, admesh'})`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'vonggac-case-'));
    const plain = join(folder, 'plain');
    const results = new Map<string, Checked>();
    const result = (name: string, board: string = 'pi4') => results.get(`${board} ${name}`)!;

    beforeAll(async () => {
      mkdirSync(plain);
      const withoutLetters = parts.filter(({ name }) => name !== 'lid');
      await twoAtOnce([() => renderPlainLid(plain), ...withoutLetters.map((part) => () => renderPart(part, plain))]);
      const wanted = [
        ...boards.flatMap((board) => perBoard.map((name) => ({ name, board }))),
        ...once.map((name) => ({ name, board: 'pi4' })),
      ];
      const lid = parts.find(({ name }) => name === 'lid')!;
      await twoAtOnce([
        () => renderPart(lid, folder),
        ...wanted.map(({ name, board }) => async () => {
          results.set(`${board} ${name}`, await check(name, board, plain));
        }),
      ]);
    }, 300_000);

    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    const fileOf = (name: string) => join(name === 'lid' ? folder : plain, `${name}.stl`);

    describe.each(parts)('$name', ({ name }) => {
      it('is one closed solid that admesh has nothing to mend on', () => {
        expect(inspect(fileOf(name))).toEqual({ parts: 1, disconnected: 0, degenerate: 0, repairs: 0 });
      });

      it(`fits a bed of ${bedMm} x ${bedMm} mm as it lies, and lies on it`, () => {
        const { least, most } = boundsOf(verticesOf(fileOf(name)));
        expect(most[0] - least[0]).toBeLessThan(bedMm);
        expect(most[1] - least[1]).toBeLessThan(bedMm);
        expect(least[2]).toBeCloseTo(0, 3);
      });
    });

    describe.each(boards)('for %s', (board) => {
      it('meets neither computer, adapter, Nano, LEDs, button nor buzzer', () => {
        expect(result('contents in case', board).isEmpty).toBe(true);
      });

      it('leaves room for them beside one another', () => {
        expect(result('contents among themselves', board).isEmpty).toBe(true);
      });

      it('lets computer and adapter in, past the corners that carry the lid', () => {
        expect(result('way in', board).isEmpty).toBe(true);
      });

      it('would be met by a computer that sat 0.3 mm lower: at four standoffs', () => {
        expect(inspect(result('computer too low', board).stl!).parts).toBe(4);
      });

      it('lets a plug into every port', () => {
        expect(result('plugs', board).isEmpty).toBe(true);
      });

      it(`has a window that fits for each of ${connectors[board].join(', ')}: a probe 1.2 mm larger meets its rim`, () => {
        const { stl, output } = result('frames', board);
        expect(output).toContain(`connectors: [${connectors[board].map((name) => `"${name}"`).join(', ')}]`);
        expect(inspect(stl!).parts).toBe(connectors[board].length);
      });

      it('has lid, lamp bar, wall mount and rail clips that do not meet one another', () => {
        expect(result('parts among themselves', board).isEmpty).toBe(true);
      });
    });

    it('holds LEDs, button, buzzer and Nano: 1 mm nearer to the front, they would meet it', () => {
      expect(inspect(result('panel parts too near').stl!).parts).toBeGreaterThanOrEqual(8);
    });

    it('hangs on a 35 mm rail, and both edges of the rail are held', () => {
      expect(result('rail in clips').isEmpty).toBe(true);
      // Two clips, two edges.
      expect(inspect(result('rail pulled out').stl!).parts).toBe(4);
    });

    it('says of itself what label and card read from its parameters', async () => {
      const parameter = readParameters();
      const names = ['case_width', 'case_height', 'lamp_y', 'lamp_x_c2', 'button_x', 'button_hole', 'buzzer_y', 'wall', 'lid_boss'];
      const file = join(folder, 'ask.scad');
      writeFileSync(file, `include <${model('parameters.scad')}>\necho(${names.map((name) => `${name} = ${name}`).join(', ')});\n`);
      const answer = join(folder, 'ask.echo');
      await run('openscad', ['-o', answer, ...definesOf({}), file]);
      expect(readFileSync(answer, 'utf8').trim()).toBe(`ECHO: ${names.map((name) => `${name} = ${parameter(name)}`).join(', ')}`);
    });
  },
);
