/** Indicators and allowances of a configuration -> what is wrong with them. Compiles nothing: the agent and the centre ask too. */
import { parseValue } from './parse-value.ts';

export interface GivenFault {
  /** Such as `indicators.3.value`. */
  path: string;
  message: string;
}

/** What of a `Given` is looked at. */
interface GivenValues {
  indicators?: readonly { value: string }[] | undefined;
  allowances?: readonly { value: string }[] | undefined;
}

/** The values that no detector could ever meet, each with the reason. Empty: all can be used. Never throws. */
export function givenFaults({ indicators = [], allowances = [] }: GivenValues): GivenFault[] {
  const faultsOf = (entries: readonly { value: string }[], name: string) =>
    entries.flatMap(({ value }, index) => {
      const parsed = parseValue(value.trim());
      return typeof parsed === 'string' ? [{ path: `${name}.${index}.value`, message: parsed }] : [];
    });
  return [...faultsOf(indicators, 'indicators'), ...faultsOf(allowances, 'allowances')];
}
