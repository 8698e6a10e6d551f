/** A box that enrols itself with a claim file in a process of its own, to be killed at any moment: folder, claim file. Ends with 0 once it is enrolled. */
import { Enrolment } from '../../../../firmware/agent/enrolment/enrolment.ts';
import { identityPaths } from '../../../../firmware/command/enrol.ts';

const [folder = '', place = ''] = process.argv.slice(2);
const say = (fields: object, text: string) => process.stdout.write(`${JSON.stringify({ ...fields, text })}\n`);
const enrolment = new Enrolment({
  paths: identityPaths(folder),
  places: [place],
  log: { info: say, warn: say },
  backoff: { firstMs: 20, ceilingMs: 50 },
});
if (enrolment.need() !== 'none') await enrolment.run(new AbortController().signal);
process.stdout.write('{"text":"over"}\n');
process.exit(0);
