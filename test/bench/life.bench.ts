// What may be done to a whole guest, by the engine in one process, against libvirt's own call alone over a connection that is
// open. The engine's share is the lease, the look at the state, the record, and what an action does beyond the call.
import type { ProgressEvent } from '../../src/compute/index.ts';
import { alternate, rowsOf, type Times } from './alternate.ts';
import { BareGuest } from './bare-guest.ts';
import { measureCommands } from './life-commands.ts';
import { measureDisks, measureSnapshots } from './life-disks.ts';
import { measureForks } from './life-fork.ts';
import { type Bench, type Measurement, timed } from './measure.ts';

const SHORT_ROUNDS = 30;
const BOOTING_ROUNDS = 10;
const SAVE_ROUNDS = 5;
const POWER_ROUNDS = 6;
const REBOOT_ROUNDS = 3;

export const run: Bench = async () => {
  await using guest = await BareGuest.launch();
  const alone = await unpauseAlone(guest);
  await guest.booted();
  return [
    ...alone,
    ...(await pausing(guest)),
    ...(await measureDisks(guest)),
    ...(await measureSnapshots(guest)),
    ...(await suspending(guest)),
    ...(await softReboots(guest)),
    ...(await measureCommands(guest)),
    ...(await power(guest)),
    ...(await hardReboots(guest)),
    ...(await measureForks(guest)),
  ];
};

/** Of a guest whose agent is not there yet, so that nobody's clock is set; nothing where it boots more quickly than this. */
async function unpauseAlone(guest: BareGuest): Promise<readonly Measurement[]> {
  const { compute, domain, id } = guest;
  const sides = await alternate(
    BOOTING_ROUNDS,
    async () => {
      await compute.pause(id);
      return { unpause: await timed(() => compute.unpause(id)) };
    },
    async () => {
      await domain.suspend();
      return { resume: await timed(() => domain.resume()) };
    },
  );
  if ((await compute.show(id)).agent === 'connected') {
    process.stderr.write('not measured: unpausing a guest without an agent; its agent was there too soon\n');
    return [];
  }
  const name = 'unpause of a guest without an agent, against virDomainResume';
  return rowsOf(sides, { name, ours: 'unpause', bare: 'resume' });
}

async function pausing(guest: BareGuest): Promise<readonly Measurement[]> {
  const { compute, domain, id } = guest;
  const sides = await alternate(
    SHORT_ROUNDS,
    async () => ({
      pause: await timed(() => compute.pause(id)),
      unpause: await timed(() => compute.unpause(id)),
    }),
    async () => {
      const suspend = await timed(() => domain.suspend());
      const resume = await timed(() => domain.resume());
      return { suspend, resume, resumeAndSet: resume + (await timed(() => guest.setTime())) };
    },
  );
  const clock = 'unpause and set the clock, against virDomainResume';
  return [
    ...rowsOf(sides, { name: 'pause, against virDomainSuspend', ours: 'pause', bare: 'suspend' }),
    ...rowsOf(sides, { name: `${clock} and virDomainSetTime`, ours: 'unpause', bare: 'resumeAndSet' }),
    ...rowsOf(sides, { name: `${clock} alone`, ours: 'unpause', bare: 'resume', hasGoal: false }),
  ];
}

async function suspending(guest: BareGuest): Promise<readonly Measurement[]> {
  const { compute, domain, id } = guest;
  const sides = await alternate(
    SAVE_ROUNDS,
    async () => {
      const suspend = await timed(() => compute.suspend(id));
      return { suspend, ...(await resumed(guest)) };
    },
    async () => {
      const save = await timed(() => domain.managedSave());
      const start = await timed(() => domain.start());
      return { save, start, startAndSet: start + (await timed(() => guest.setTime())) };
    },
  );
  const clock = 'resume and set the clock, against virDomainCreate of saved memory';
  const goesOn = 'resume until the guest goes on, against virDomainCreate of saved memory';
  return [
    ...rowsOf(sides, { name: 'suspend, against virDomainManagedSave', ours: 'suspend', bare: 'save' }),
    ...rowsOf(sides, { name: goesOn, ours: 'goesOn', bare: 'start' }),
    ...rowsOf(sides, {
      name: `${clock} and virDomainSetTime`,
      ours: 'resume',
      bare: 'startAndSet',
      hasGoal: false,
    }),
    ...rowsOf(sides, { name: `${clock} alone`, ours: 'resume', bare: 'start', hasGoal: false }),
  ];
}

/** The clock is set after the guest goes on: an agent without hwclock leaves it to `date`, which knows whole seconds. */
async function resumed({ compute, id }: BareGuest): Promise<Times> {
  const began = performance.now();
  let goesOn = Number.NaN;
  const onProgress = ({ step, phase }: ProgressEvent) => {
    if (step === 'memory' && phase === 'end') goesOn = performance.now() - began;
  };
  const resume = await timed(() => compute.resume(id, { onProgress }));
  await compute.waitFor(id, { kind: 'agent' });
  return { goesOn, resume };
}

/** Both until the guest begins to reboot. */
async function softReboots(guest: BareGuest): Promise<readonly Measurement[]> {
  const { compute, domain, id } = guest;
  const sides = await alternate(
    REBOOT_ROUNDS,
    async () => {
      const reboot = await timed(() => compute.reboot(id));
      await guest.booted();
      return { reboot };
    },
    async () => {
      const ask = () =>
        guest.until(
          ({ kind }) => kind === 'reboot',
          () => domain.reboot(['agent']),
        );
      const reboot = await timed(ask);
      await guest.booted();
      return { reboot };
    },
  );
  const name = 'reboot by the agent until the guest reboots, against virDomainReboot until its event';
  return rowsOf(sides, { name, ours: 'reboot', bare: 'reboot' });
}

async function power(guest: BareGuest): Promise<readonly Measurement[]> {
  const { compute, domain, id } = guest;
  const sides = await alternate(
    POWER_ROUNDS,
    async () => ({
      stop: await timed(() => compute.stop(id, { force: true })),
      start: await timed(() => compute.start(id)),
    }),
    async () => ({
      destroy: await timed(() => domain.destroy()),
      create: await timed(() => domain.start()),
    }),
  );
  return [
    ...rowsOf(sides, { name: 'start, against virDomainCreate', ours: 'start', bare: 'create' }),
    ...rowsOf(sides, { name: 'stop --force, against virDomainDestroy', ours: 'stop', bare: 'destroy' }),
  ];
}

async function hardReboots(guest: BareGuest): Promise<readonly Measurement[]> {
  const { compute, domain, id } = guest;
  const sides = await alternate(
    POWER_ROUNDS,
    async () => ({ reboot: await timed(() => compute.reboot(id, { hard: true })) }),
    async () => {
      const both = async () => {
        await domain.destroy();
        await domain.start();
      };
      return { both: await timed(both) };
    },
  );
  const name = 'reboot --hard, against virDomainDestroy and virDomainCreate';
  return rowsOf(sides, { name, ours: 'reboot', bare: 'both' });
}
