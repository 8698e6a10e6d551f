/**
 * The three functions of the metadata proposal that `tsyringe` asks of `Reflect`, below @peculiar/x509: a table beside each class. Enough for it,
 * and for nobody else: no prototype chain, no properties. Does nothing where somebody has put the real thing there.
 */
const tables = new WeakMap<object, Map<unknown, unknown>>();

function tableOf(target: object): Map<unknown, unknown> {
  const table = tables.get(target) ?? new Map<unknown, unknown>();
  tables.set(target, table);
  return table;
}

const read = (key: unknown, target: object): unknown => tables.get(target)?.get(key);

if (!('getMetadata' in Reflect)) {
  Object.assign(Reflect, {
    getMetadata: read,
    getOwnMetadata: read,
    defineMetadata: (key: unknown, value: unknown, target: object) => tableOf(target).set(key, value),
  });
}
