/**
 * Reads a STIX 2.1 pattern (§9) as far as it is a choice of values: comparisons by `=`, `IN` and `ISSUBSET` joined by OR, within an observation
 * and between them, and an address joined to its port by AND. Anything else is refused as a whole: a part of it would mean something else.
 */
import type { Reason } from '../reason.ts';

export interface Comparison {
  /** Object path as written, quotes dropped: `x509-certificate:hashes.SHA-256`. */
  path: string;
  operator: '=' | 'IN' | 'ISSUBSET';
  values: string[];
}

/** Each element is what must be met together: one comparison, or an address and its port. Any of them will do. */
export type Choice = Comparison[][];

interface Token {
  type: 'word' | 'text' | 'number' | 'sign' | 'other-literal';
  text: string;
}

const patternLengthMax = 1 << 17;
const tokensMax = 20_000;
const tokenPattern =
  /\s*(?:([tbh])?'((?:[^'\\]|\\.)*)'|([A-Za-z_][\w-]*(?::[\w.'[\]*-]+)?(?:\.'[^']*'[\w.'[\]*-]*)*)|(-?\d+(?:\.\d+)?)|(!=|<>|<=|>=|[=<>[\]()*,]))/y;

function tokensOf(pattern: string): Token[] | undefined {
  const tokens: Token[] = [];
  tokenPattern.lastIndex = 0;
  const end = pattern.trimEnd().length;
  while (tokenPattern.lastIndex < end) {
    const match = tokenPattern.exec(pattern);
    if (match === null || tokens.length >= tokensMax) return undefined;
    const [, prefix, text, word, number, sign] = match;
    if (text !== undefined) tokens.push({ type: prefix === undefined ? 'text' : 'other-literal', text: text.replace(/\\(.)/gs, '$1') });
    else if (word !== undefined) tokens.push({ type: 'word', text: word });
    else if (number !== undefined) tokens.push({ type: 'number', text: number });
    else tokens.push({ type: 'sign', text: sign! });
  }
  return tokens;
}

/** Ends the reading of a pattern; it never leaves this file. */
class Refused extends Error {
  readonly reason: Reason;

  constructor(reason: Reason) {
    super(reason);
    this.reason = reason;
  }
}

export function readPattern(pattern: string): Choice | Reason {
  if (pattern.length > patternLengthMax) return 'too-long';
  const tokens = tokensOf(pattern);
  if (tokens === undefined) return 'pattern-broken';
  try {
    return new PatternReader(tokens).pattern();
  } catch (error) {
    if (error instanceof Refused) return error.reason;
    throw error;
  }
}

const timeWords = /^(?:FOLLOWEDBY|REPEATS|WITHIN|START|STOP)$/;
const otherOperators = /^(?:LIKE|MATCHES|ISSUPERSET|NOT|EXISTS|!=|<>|<|>|<=|>=)$/;
/** Parentheses in each other. */
const depthMax = 20;

class PatternReader {
  private readonly tokens: readonly Token[];
  private at = 0;
  private depth = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  pattern(): Choice {
    const choice = this.observations();
    if (this.at < this.tokens.length) throw new Refused(this.word(timeWords) ? 'pattern-time' : 'pattern-broken');
    return choice;
  }

  private observations(): Choice {
    const choice = [...this.observation()];
    while (this.at < this.tokens.length) {
      if (this.skip('word', 'OR')) choice.push(...this.observation());
      else if (this.word(/^AND$/)) throw new Refused('pattern-and');
      else if (this.word(timeWords)) throw new Refused('pattern-time');
      else break;
    }
    return choice;
  }

  private observation(): Choice {
    if (this.skip('sign', '(')) return this.nested(() => this.observations());
    if (!this.skip('sign', '[')) throw new Refused('pattern-broken');
    const choice = this.comparisons();
    if (!this.skip('sign', ']')) throw new Refused('pattern-broken');
    return choice;
  }

  /** AND binds closer than OR. */
  private comparisons(): Choice {
    const choice = [...this.together()];
    while (this.skip('word', 'OR')) choice.push(...this.together());
    return choice;
  }

  private together(): Choice {
    const first = this.comparison();
    if (!this.word(/^AND$/)) return first;
    const parts = [first];
    while (this.skip('word', 'AND')) parts.push(this.comparison());
    // A choice within an AND would have to be multiplied out.
    if (!parts.every((part) => part.length === 1 && part[0]!.length === 1)) throw new Refused('pattern-and');
    return [parts.map((part) => part[0]![0]!)];
  }

  private comparison(): Choice {
    if (this.skip('sign', '(')) return this.nested(() => this.comparisons());
    const path = this.take();
    if (path.type === 'word' && /^(?:NOT|EXISTS)$/i.test(path.text)) throw new Refused('pattern-operator');
    if (path.type !== 'word' || !path.text.includes(':')) throw new Refused('pattern-broken');
    const operator = this.take().text.toUpperCase();
    if (otherOperators.test(operator)) throw new Refused('pattern-operator');
    if (operator !== '=' && operator !== 'IN' && operator !== 'ISSUBSET') throw new Refused('pattern-broken');
    const values = operator === 'IN' ? this.set() : [this.literal()];
    return [[{ path: path.text.replaceAll("'", ''), operator, values }]];
  }

  private set(): string[] {
    if (!this.skip('sign', '(')) throw new Refused('pattern-broken');
    const values = [this.literal()];
    while (this.skip('sign', ',')) values.push(this.literal());
    if (!this.skip('sign', ')')) throw new Refused('pattern-broken');
    return values;
  }

  private literal(): string {
    const token = this.take();
    if (token.type === 'text' || token.type === 'number' || (token.type === 'word' && /^(?:true|false)$/i.test(token.text)))
      return token.text;
    throw new Refused(token.type === 'other-literal' ? 'pattern-operator' : 'pattern-broken');
  }

  private nested(read: () => Choice): Choice {
    if (++this.depth > depthMax) throw new Refused('pattern-broken');
    const choice = read();
    if (!this.skip('sign', ')')) throw new Refused('pattern-broken');
    this.depth--;
    return choice;
  }

  private take(): Token {
    const token = this.tokens[this.at++];
    if (token === undefined) throw new Refused('pattern-broken');
    return token;
  }

  private skip(type: Token['type'], text: string): boolean {
    const token = this.tokens[this.at];
    if (token?.type !== type || token.text.toUpperCase() !== text) return false;
    this.at++;
    return true;
  }

  private word(pattern: RegExp): boolean {
    const token = this.tokens[this.at];
    return token?.type === 'word' && pattern.test(token.text.toUpperCase());
  }
}
