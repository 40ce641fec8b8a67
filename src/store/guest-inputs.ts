// What guests were given to read, one document for each instance; gone with the instance.
import { anObject, aString, listOf, orNull, type Place, type Shape } from '../base/index.ts';
import { type GuestInput, type InjectedFile, type KeyPair, UserData } from '../model/index.ts';
import type { Database } from './database.ts';
import { inRecord } from './records.ts';
import { json, text } from './row.ts';

export class GuestInputRecords {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Written once, with the instance's record or after it; a second time is a fault of the caller, and SQLite refuses it. */
  insert(instanceId: string, input: GuestInput): void {
    this.#database.run(
      'INSERT INTO guest_inputs (instance_id, record) VALUES (?, ?)',
      instanceId,
      encodeGuestInput(input),
    );
  }

  /** In place of what was given before, if anything was. */
  replace(instanceId: string, input: GuestInput): void {
    this.#database.run('DELETE FROM guest_inputs WHERE instance_id = ?', instanceId);
    this.insert(instanceId, input);
  }

  /** Undefined for an instance that was adopted, and for one from before guests' inputs were kept. */
  get(instanceId: string): GuestInput | undefined {
    const row = this.#database.get('SELECT record FROM guest_inputs WHERE instance_id = ?', instanceId);
    return row === undefined ? undefined : guestInputShape(json(row, 'record'), inRecord('guest input'));
  }
}

/** What guests posted: a password, encrypted for the owner's key. */
export class PostedPasswords {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  get(instanceId: string): string | undefined {
    const row = this.#database.get('SELECT password FROM posted_passwords WHERE instance_id = ?', instanceId);
    return row === undefined ? undefined : text(row, 'password');
  }

  /** Keeps it unless there is one, also when two come at once. Whether it was kept. */
  keep(instanceId: string, password: string): boolean {
    const kept = this.#database.run(
      'INSERT INTO posted_passwords (instance_id, password) VALUES (?, ?) ON CONFLICT DO NOTHING',
      instanceId,
      password,
    );
    return kept === 1;
  }

  /** So that the guest may post another one. Whether there was one. */
  remove(instanceId: string): boolean {
    return this.#database.run('DELETE FROM posted_passwords WHERE instance_id = ?', instanceId) === 1;
  }
}

/** The document as it is stored. It holds secrets. */
export function encodeGuestInput({ keys, userData, vendorConfig, files, randomSeed }: GuestInput): string {
  return JSON.stringify({
    keys,
    userData: userData === null ? null : base64(userData.reveal()),
    vendorConfig: vendorConfig === null ? null : base64(vendorConfig.reveal()),
    files: files.map(({ path, content }) => ({ path, content: base64(content) })),
    randomSeed: base64(randomSeed),
  });
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

const someBytes: Shape<Uint8Array> = (value, at) => Buffer.from(aString(value, at), 'base64');
const aDocument: Shape<UserData> = (value, at) => new UserData(someBytes(value, at));
const aKey: Shape<KeyPair> = anObject({ name: aString, publicKey: aString });
const aFile: Shape<InjectedFile> = anObject({ path: aString, content: someBytes });

export const guestInputShape: (value: unknown, at: Place) => GuestInput = anObject({
  keys: listOf(aKey),
  userData: orNull(aDocument),
  vendorConfig: orNull(aDocument),
  files: listOf(aFile),
  randomSeed: someBytes,
});
