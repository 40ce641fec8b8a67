// `instances:` of a manifest. Files that it names are read afterwards: a wrong key is found without them.
import { asFault, defined, MIB } from '../../base/index.ts';
import type { WantedInstance, WrittenFile } from '../../compute/index.ts';
import { AGENT_WAYS, DATASOURCES, type KeyPair, parseSshKeys } from '../../model/index.ts';
import { aBond, aCard, aVlan } from './card-body.ts';
import { aShare, diskEntries, disksOf, sharesOf } from './disk-body.ts';
import type { Spot } from './findings.ts';
import {
  aBody,
  aCount,
  aDictionary,
  aList,
  aSize,
  aSwitch,
  aText,
  aTextLike,
  aWord,
  type Body,
  oneOrMore,
  oneWordOf,
  type Reads,
  requireKey,
} from './readers.ts';
import type { Tree } from './tree.ts';

/** Reads a file that the manifest names; says at the spot when it cannot, and gives undefined. */
export type ReadsFile = (name: string, at: Spot) => Promise<Buffer | undefined>;

/** A name with the spot where it stands, for what is found when it is read. */
interface NamedFile {
  readonly name: string;
  readonly at: Spot;
}

const aFileName: Reads<NamedFile> = (tree, at) => {
  const name = aText(tree, at);
  return name === undefined ? undefined : { name, at };
};

const aKeyLine: Reads<readonly KeyPair[]> = (tree, at) => {
  const text = aText(tree, at);
  return text === undefined ? undefined : keysOf(text, 'key', at);
};

export const writtenFields = {
  path: aText,
  content: aText,
  file: aFileName,
  mode: aTextLike(/^0?[0-7]{3,4}$/, 'is not an octal mode in quotes, such as "0600"'),
  owner: aText,
};

const writtenBody = aBody(writtenFields);
type Written = Body<typeof writtenFields>;

const aWrittenFile: Reads<Written> = (tree, at) => whole(writtenBody(tree, at), at);

export const injectedFields = { path: aText, content: aText, file: aFileName };

const injectedBody = aBody(injectedFields);
type Injected = Body<typeof injectedFields>;

const anInjectedFile: Reads<Injected> = (tree, at) => whole(injectedBody(tree, at), at);

/** A place in the guest, and what shall be there. */
function whole<T extends Injected>(body: T | undefined, at: Spot): T | undefined {
  if (body === undefined) return undefined;
  if (body.path === undefined) return at.refuse('needs path, the place in the guest');
  const isOne = (body.content === undefined) !== (body.file === undefined);
  return isOne ? body : at.refuse('needs one of content and file');
}

export const instanceFields = {
  image: aText,
  flavor: aText,
  state: oneWordOf('active', 'stopped'),
  networks: aList(aCard),
  bonds: aList(aBond),
  vlans: aList(aVlan),
  disks: diskEntries,
  shares: aList(aShare),
  user_data: aText,
  user_data_files: oneOrMore(aFileName),
  validate: aSwitch,
  ssh_keys: aList(aKeyLine),
  ssh_key_files: oneOrMore(aFileName),
  user: aText,
  hostname: aText,
  timezone: aText,
  locale: aText,
  packages: aList(aWord),
  run: aList(aText),
  write_files: aList(aWrittenFile),
  inject_files: aList(anInjectedFile),
  grow: aSwitch,
  metadata: aDictionary,
  tags: aList(aWord),
  max_vcpus: aCount(1),
  max_memory: aSize(MIB, 'MiB', 1),
  config_drive: aSwitch,
  datasource: oneWordOf(...DATASOURCES),
  agent: oneWordOf(...AGENT_WAYS),
};
type InstanceBody = Body<typeof instanceFields>;

const instanceBody = aBody(instanceFields);

interface Place {
  readonly at: Spot;
  /** What names of files are relative to. */
  readonly directory: string;
  readonly readFile: ReadsFile;
}

export async function readInstance(
  name: string,
  tree: Tree,
  { at, directory, readFile }: Place,
): Promise<WantedInstance | undefined> {
  const body = instanceBody(tree, at);
  if (body === undefined) return undefined;
  const { image, user_data: text, user_data_files: files } = body;
  if (image === undefined) requireKey(tree, at, 'image');
  if (text !== undefined && files !== undefined)
    at.refuse('has user_data and user_data_files; give one of them');
  const parts = {
    userData: await userDataOf(body, readFile),
    sshKeys: await sshKeysOf(body, readFile),
    guest: await guestOf(body, readFile),
    files: await injectedOf(body, readFile),
    links: linksOf(body),
    disks: disksOf(body.disks, directory),
    shares: sharesOf(body.shares, directory),
  };
  if (image === undefined) return undefined;
  return {
    name,
    image,
    ...defined({
      flavor: body.flavor,
      state: body.state,
      networks: body.networks,
      validate: body.validate,
      metadata: body.metadata,
      tags: body.tags,
      maxVcpus: body.max_vcpus,
      maxMemoryMiB: body.max_memory,
      configDrive: body.config_drive,
      datasource: body.datasource,
      agent: body.agent,
      ...parts,
    }),
  };
}

async function userDataOf(
  { user_data: text, user_data_files: files }: InstanceBody,
  readFile: ReadsFile,
): Promise<WantedInstance['userData']> {
  if (text !== undefined) return Buffer.from(text);
  if (files === undefined) return undefined;
  const read = [];
  for (const { name, at } of files) {
    const bytes = await readFile(name, at);
    if (bytes !== undefined) read.push({ name, bytes });
  }
  return read;
}

async function sshKeysOf(
  { ssh_keys: lines, ssh_key_files: files = [] }: InstanceBody,
  readFile: ReadsFile,
): Promise<readonly KeyPair[] | undefined> {
  if (lines === undefined && files.length === 0) return undefined;
  const keys: KeyPair[] = [...(lines ?? [])].flat();
  for (const { name, at } of files) {
    const bytes = await readFile(name, at);
    if (bytes !== undefined) keys.push(...(keysOf(bytes.toString('utf8'), name, at) ?? []));
  }
  return keys;
}

function keysOf(text: string, name: string, at: Spot): readonly KeyPair[] | undefined {
  try {
    return parseSshKeys(text, name);
  } catch (error) {
    return at.refuse(`cannot be used: ${asFault(error).message}`);
  }
}

/** A bond before the VLANs that lie over it. */
function linksOf({ bonds, vlans }: InstanceBody): WantedInstance['links'] {
  return bonds === undefined && vlans === undefined ? undefined : [...(bonds ?? []), ...(vlans ?? [])];
}

async function injectedOf(
  { inject_files: injected }: InstanceBody,
  readFile: ReadsFile,
): Promise<WantedInstance['files']> {
  return injected === undefined ? undefined : await contentsOf(injected, readFile);
}

async function guestOf(body: InstanceBody, readFile: ReadsFile): Promise<WantedInstance['guest']> {
  const { user, hostname, timezone, locale, packages, run, write_files: written, grow: growRoot } = body;
  const writeFiles = written === undefined ? undefined : await contentsOf(written, readFile);
  const guest = defined({ user, hostname, timezone, locale, packages, run, writeFiles, growRoot });
  return Object.keys(guest).length === 0 ? undefined : guest;
}

async function contentsOf(written: readonly Written[], readFile: ReadsFile): Promise<readonly WrittenFile[]> {
  const files: WrittenFile[] = [];
  for (const { path = '', content, file, mode: permissions, owner } of written) {
    const bytes = file === undefined ? Buffer.from(content ?? '') : await readFile(file.name, file.at);
    if (bytes !== undefined) files.push({ path, content: bytes, ...defined({ permissions, owner }) });
  }
  return files;
}
