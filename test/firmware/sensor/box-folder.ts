/** The folder of a box for tests: its configuration file, and in the state folder what the agent would have written there. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { hashOfConfig } from '../../../firmware/contract/config-message.ts';
import { type Identity, type ReleaseInUse, stateFiles } from '../../../firmware/state-folder.ts';

export class BoxFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'vonggac-box-folder-'));
  readonly config = join(this.path, 'box.json');

  constructor(own: Record<string, unknown>) {
    this.own(own);
  }

  /** The file of the box. */
  own(document: Record<string, unknown>): void {
    this.write(this.config, JSON.stringify({ outbox: { folder: this.path }, ...document }));
  }

  /** Settings of the centre, in force; gives their hash. */
  settings(seq: number, settings: Record<string, unknown>): string {
    const hash = hashOfConfig({ settings, release: undefined });
    this.write(stateFiles.settings(this.path), JSON.stringify({ seq, hash, settings }));
    return hash;
  }

  settingsText(text: string): void {
    this.write(stateFiles.settings(this.path), text);
  }

  noSettings(): void {
    rmSync(stateFiles.settings(this.path), { force: true });
  }

  identity(identity: Partial<Identity>): void {
    const usual = { box: 'ubnd-test', agency: 'UBND', broker: 'mqtts://127.0.0.1:1', director: ['x'], enrolled: '2026-11-23T00:00:00Z' };
    this.write(stateFiles.identity(this.path), JSON.stringify({ ...usual, ...identity }));
  }

  release(version: number, set: Uint8Array): void {
    const file = `${version}.set`;
    this.write(join(stateFiles.intelligenceFolder(this.path), file), set);
    const inUse: ReleaseInUse = { release: { channel: 'main', version, sha256: '0'.repeat(64) }, file };
    this.write(stateFiles.release(this.path), JSON.stringify(inUse));
  }

  releaseText(text: string): void {
    this.write(stateFiles.release(this.path), text);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true, maxRetries: 10 });
  }

  /** Whole or not at all, as the agent does it. */
  private write(path: string, content: string | Uint8Array): void {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.new`, content);
    renameSync(`${path}.new`, path);
  }
}
