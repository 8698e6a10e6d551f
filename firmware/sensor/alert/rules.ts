/** What people say of how alerts are told: which are not, who is to be called, what to do here, and when the watch is heightened. Holds no state. */
import type { Contact } from '../../contract/claim.ts';
import { type Duty, dutySchema } from '../../contract/duty.ts';
import type { Suppression } from './suppression-options.ts';

export interface AlertRules {
  suppressions: readonly Suppression[];
  /** Shown with every alert. */
  contacts: readonly Contact[];
  advice: { vi?: string | undefined; en?: string | undefined };
  duty: Duty;
}

/** Where nobody says anything: no suppression, nobody to call, no heightened watch. */
const noRules: AlertRules = {
  suppressions: [],
  contacts: [],
  advice: {},
  duty: dutySchema.parse({ tet: { enabled: false } }),
};

/** The rules among other options; those that are not there are none. */
export function rulesOf({ suppressions, contacts, advice, duty }: Partial<AlertRules>): AlertRules {
  return {
    suppressions: suppressions ?? noRules.suppressions,
    contacts: contacts ?? noRules.contacts,
    advice: advice ?? noRules.advice,
    duty: duty ?? noRules.duty,
  };
}
