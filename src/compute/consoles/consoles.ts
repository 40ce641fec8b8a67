// The console, the screen and the keyboard of a running guest, by libvirt; nothing of the guest has to answer.
import { delay, Fault, isFault, throwIfCancelled } from '../../base/index.ts';
import type { Domain, Stream } from '../../libvirt/index.ts';
import type { Action, Instance } from '../../model/index.ts';
import type { ActOptions } from '../compute.ts';
import { told } from '../emit-step.ts';
import { inStage } from '../life/in-stage.ts';
import { powerStateOf } from '../power-state.ts';
import { requireOn, requireUnlocked } from '../state-conflict.ts';
import type { Tools } from '../tools.ts';
import { type KeyPress, keyPress, keysOfText } from './key-names.ts';
import { pngOf } from './picture.ts';
import type { OpenConsoleOptions, PressedKeys, SerialConsole, VncDisplay } from './requests.ts';
import { type DisplayPassword, setDisplayPassword, vncDisplay } from './vnc.ts';

const PICTURE_MS = 30_000;
/** How long a key is down, and up before the next: guests that read the keyboard slowly lose quicker ones. */
const HOLD_MS = 40;
const PAUSE_MS = 20;

export async function open(tools: Tools, ref: string, options: OpenConsoleOptions): Promise<SerialConsole> {
  const { instance, domain } = await running(tools, ref, 'open-console');
  const reach = { privilege: 'exec', what: 'console' } as const;
  const isForced = options.force === true;
  const stream = await tools.reaches.made(instance, reach, () => openConsole(instance, domain, isForced));
  return {
    [Symbol.asyncIterator]: () => bytesOf(instance, stream),
    write: async (bytes) => await stream.write(bytes),
    [Symbol.asyncDispose]: async () => await stream[Symbol.asyncDispose](),
  };
}

export async function vnc(tools: Tools, ref: string): Promise<VncDisplay> {
  const { instance, domain } = await running(tools, ref, 'open-console');
  return vncDisplay(instance, await domain.xml({ secure: true }));
}

export async function setVncPassword(
  tools: Tools,
  ref: string,
  wanted: DisplayPassword,
): Promise<VncDisplay> {
  const { instance, domain } = await running(tools, ref, 'open-console');
  const reach = { privilege: 'credentials', what: 'setVncPassword' } as const;
  return await tools.reaches.made(instance, reach, async () => {
    await setDisplayPassword(instance, domain, wanted);
    return vncDisplay(instance, await domain.xml({ secure: true }));
  });
}

export async function screenshot(tools: Tools, ref: string, { signal }: ActOptions): Promise<Buffer> {
  const { instance, domain } = await running(tools, ref, 'open-console');
  const stage = { stage: `a picture of ${instance.name}`, timeoutMs: PICTURE_MS, signal };
  return await tools.reaches.made(instance, { privilege: 'info', what: 'screenshot' }, () =>
    inStage(tools, instance, stage, async () => {
      await using picture = await domain.screenshot();
      const parts: Buffer[] = [];
      for await (const bytes of picture.stream) parts.push(bytes); // bounded by the stream
      const bytes = Buffer.concat(parts);
      return picture.mimeType === 'image/png' ? bytes : pngOf(bytes);
    }),
  );
}

export async function sendKeys(
  tools: Tools,
  ref: string,
  keys: PressedKeys,
  options: ActOptions,
): Promise<void> {
  const presses = pressesOf(keys);
  const { instance, domain } = await running(tools, ref, 'send-keys');
  await tools.reaches.made(instance, { privilege: 'exec', what: 'sendKeys' }, () =>
    press(domain, presses, options),
  );
}

export async function nmi(tools: Tools, ref: string): Promise<void> {
  const { instance, domain } = await running(tools, ref, 'nmi');
  await tools.reaches.made(instance, { privilege: 'manage', what: 'nmi' }, () => domain.injectNmi());
}

/** Throws `INSTANCE_STATE_CONFLICT`, `INSTANCE_LOCKED` and `INSTANCE_HAS_NO_DOMAIN`. */
async function running(
  tools: Tools,
  ref: string,
  action: Action,
): Promise<{ instance: Instance; domain: Domain }> {
  const instance = tools.store.instances.find(ref);
  const domain = await tools.libvirt.findDomain(instance);
  requireOn(instance, action, await powerStateOf(domain));
  requireUnlocked(instance, action);
  return { instance, domain: domain ?? (await tools.libvirt.domain(instance)) };
}

async function openConsole(instance: Instance, domain: Domain, force: boolean): Promise<Stream> {
  try {
    return await domain.openConsole(undefined, { force, safe: true });
  } catch (error) {
    throw isFault(error, 'LIBVIRT_FAILED') ? consoleBusy(instance, error) : error;
  }
}

async function* bytesOf(instance: Instance, stream: Stream): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* stream;
  } catch (error) {
    throw isFault(error, 'LIBVIRT_FAILED') ? consoleLost(instance, error) : error;
  }
}

function pressesOf(keys: PressedKeys): readonly KeyPress[] {
  if ('keys' in keys) return keys.keys.map(keyPress);
  return 'text' in keys ? keysOfText(keys.text) : keys.presses;
}

async function press(domain: Domain, presses: readonly KeyPress[], options: ActOptions): Promise<void> {
  const { signal } = options;
  await told(options, 'keys', 'pressing keys', async ({ fraction }) => {
    for (const [at, codes] of presses.entries()) {
      throwIfCancelled(signal, 'pressing keys');
      await domain.sendKeys('linux', HOLD_MS, codes);
      await delay(HOLD_MS + PAUSE_MS, signal); // libvirt returns when the key goes down
      fraction((at + 1) / presses.length);
    }
  });
}

function consoleLost({ name }: Instance, cause: Fault): Fault {
  return new Fault('unavailable', 'CONSOLE_LOST', `The console of instance ${name} is gone`, {
    cause,
    hint: `Somebody took it, or its domain ended: novalet show ${name}; then join again: novalet console ${name}`,
  });
}

function consoleBusy({ name }: Instance, cause: Fault): Fault {
  return new Fault('conflict', 'CONSOLE_BUSY', `Somebody else has the console of instance ${name}`, {
    cause,
    hint: `Take it from them: novalet console ${name} --force; or only look: novalet console ${name} --follow`,
  });
}
