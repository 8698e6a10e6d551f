/** An ingest that is killed (SIGKILL) at the worst moment: the store has committed a message, and nobody has been told. */
import { Ingest } from '../../../centre/ingest/ingest.ts';
import { limitsSchema } from '../../../centre/ingest/notice/limits.ts';
import { openStore } from '../../../centre/store/open-store.ts';

const [url = '', location = ''] = process.argv.slice(2);
const store = await openStore(location);
const commit = store.commit.bind(store);
store.commit = async (arrivals, unnumbered) => {
  await commit(arrivals, unnumbered);
  process.kill(process.pid, 'SIGKILL');
  return await new Promise(() => undefined);
};
const log = {
  info: (_: object, text: string) => {
    if (text === 'connected to the broker') process.stdout.write('ready\n');
  },
  warn: () => undefined,
};
await new Ingest({
  access: { url },
  clientId: 'dying',
  store,
  limits: limitsSchema.parse({}),
  keepDays: 365,
  isBrokerLogWanted: false,
  log,
  say: () => undefined,
}).run(new AbortController().signal);
