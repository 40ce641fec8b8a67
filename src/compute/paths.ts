// Where things lie under the state directory; the one place that knows the layout (docs/architecture.md).
// Names inside an instance's directory are Nova's.
import { join } from 'node:path';
import type { Disk, Instance } from '../model/index.ts';

export interface StatePaths {
  readonly stateDir: string;
  readonly database: string;
  /** One line for each reach into a guest. */
  readonly audit: string;
  /** Image files as they were stored: `<images>/<image id>`. */
  readonly images: string;
  /** Disks that overlays are made on: made from images, removable at any time nobody uses them. */
  readonly base: string;
  readonly instances: string;
  /** `<templates>/<template id>`: its memory and its disks. */
  readonly templates: string;
  /** Agent drives as they are copied for guests; removable at any time. */
  readonly agentDrives: string;
  /** For what is being made and has no place yet; emptied of dead processes' things. */
  readonly work: string;
}

export function statePaths(stateDir: string): StatePaths {
  return {
    stateDir,
    database: join(stateDir, 'novalet.db'),
    audit: join(stateDir, 'audit.ndjson'),
    images: join(stateDir, 'images'),
    base: join(stateDir, 'instances', '_base'),
    instances: join(stateDir, 'instances'),
    templates: join(stateDir, 'templates'),
    agentDrives: join(stateDir, 'agent-drives'),
    work: join(stateDir, 'work'),
  };
}

export interface InstancePaths {
  readonly directory: string;
  readonly consoleLog: string;
  readonly kernel: string;
  readonly ramdisk: string;
}

/** `suffix` of kernel and ramdisk: a rescue's are `.rescue`. */
export function instancePaths(instances: string, instanceId: string, suffix = ''): InstancePaths {
  const directory = join(instances, instanceId);
  return {
    directory,
    consoleLog: join(directory, 'console.log'),
    kernel: join(directory, `kernel${suffix}`),
    ramdisk: join(directory, `ramdisk${suffix}`),
  };
}

/** What the first serial port is written to; null for an adopted domain that keeps no log of it. */
export function consoleLogPath(instances: string, { id, adoption }: Instance): string | null {
  return adoption === null ? instancePaths(instances, id).consoleLog : adoption.consoleLog;
}

export function diskPath(paths: InstancePaths, disk: Disk): string {
  return join(paths.directory, disk.fileName);
}
