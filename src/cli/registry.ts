// The commands of novalet by name. Only the command that was called is loaded; the list itself is all that
// `novalet --help` needs.
import type { CliCommand } from './command-tree.ts';
import { INSIDE_COMMANDS } from './inside-commands.ts';
import type { Session } from './session.ts';

/** Gives a command its options, operands, subcommands and action. */
export type Define = (command: CliCommand, session: Session) => void;

export interface CommandEntry {
  readonly name: string;
  /** Heading of the help. */
  readonly group: string;
  readonly summary: string;
  /** Left out of help and completion. */
  readonly hidden?: boolean;
  readonly load: () => Promise<Define>;
}

const INSTANCES = 'Instances:';
const SUPPLIES = 'Images, templates and flavors:';
const NETWORKS = 'Networks:';
/** The last heading. */
export const HOST = 'This host and this program:';

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'launch',
    group: INSTANCES,
    summary: 'Build an instance from an image or a template',
    load: async () => (await import('./commands/launch.ts')).launch,
  },
  {
    name: 'apply',
    group: INSTANCES,
    summary: 'Make and change what a file describes',
    load: async () => (await import('./commands/apply.ts')).apply,
  },
  {
    name: 'list',
    group: INSTANCES,
    summary: 'List the instances',
    load: async () => (await import('./commands/list.ts')).list,
  },
  {
    name: 'show',
    group: INSTANCES,
    summary: 'Show all that is known of an instance',
    load: async () => (await import('./commands/show.ts')).show,
  },
  {
    name: 'wait',
    group: INSTANCES,
    summary: 'Wait until an instance is in a state',
    load: async () => (await import('./commands/wait.ts')).wait,
  },
  {
    name: 'start',
    group: INSTANCES,
    summary: 'Start stopped instances',
    load: async () => (await import('./commands/start.ts')).start,
  },
  {
    name: 'stop',
    group: INSTANCES,
    summary: 'Shut instances down',
    load: async () => (await import('./commands/stop.ts')).stop,
  },
  {
    name: 'reboot',
    group: INSTANCES,
    summary: 'Restart instances',
    load: async () => (await import('./commands/reboot.ts')).reboot,
  },
  {
    name: 'set-size',
    group: INSTANCES,
    summary: 'Change vCPUs and memory, also while it runs',
    load: async () => (await import('./commands/set-size.ts')).setSize,
  },
  {
    name: 'clone',
    group: INSTANCES,
    summary: 'Make a new instance like another one, with its disks',
    load: async () => (await import('./commands/clone.ts')).clone,
  },
  {
    name: 'resize',
    group: INSTANCES,
    summary: 'Give an instance another flavor, and keep or revert it',
    load: async () => (await import('./commands/resize.ts')).resize,
  },
  {
    name: 'pause',
    group: INSTANCES,
    summary: 'Pause instances: their processors stand still',
    load: async () => (await import('./commands/pause.ts')).pause,
  },
  {
    name: 'unpause',
    group: INSTANCES,
    summary: 'Let paused instances go on',
    load: async () => (await import('./commands/unpause.ts')).unpause,
  },
  {
    name: 'suspend',
    group: INSTANCES,
    summary: 'Write instances to disk, memory and all',
    load: async () => (await import('./commands/suspend.ts')).suspend,
  },
  {
    name: 'resume',
    group: INSTANCES,
    summary: 'Let suspended instances go on where they stood',
    load: async () => (await import('./commands/resume.ts')).resume,
  },
  {
    name: 'shelve',
    group: INSTANCES,
    summary: 'Put instances aside: only their disks stay',
    load: async () => (await import('./commands/shelve.ts')).shelve,
  },
  {
    name: 'unshelve',
    group: INSTANCES,
    summary: 'Bring shelved instances back',
    load: async () => (await import('./commands/unshelve.ts')).unshelve,
  },
  {
    name: 'lock',
    group: INSTANCES,
    summary: 'Keep instances from being changed by mistake',
    load: async () => (await import('./commands/lock.ts')).lock,
  },
  {
    name: 'unlock',
    group: INSTANCES,
    summary: 'Take the lock off instances',
    load: async () => (await import('./commands/unlock.ts')).unlock,
  },
  {
    name: 'rename',
    group: INSTANCES,
    summary: 'Give an instance another name',
    load: async () => (await import('./commands/rename.ts')).rename,
  },
  {
    name: 'set',
    group: INSTANCES,
    summary: 'Change metadata and tags of an instance',
    load: async () => (await import('./commands/set.ts')).set,
  },
  {
    name: 'rescue',
    group: INSTANCES,
    summary: 'Boot another system beside the disks of an instance',
    load: async () => (await import('./commands/rescue.ts')).rescue,
  },
  {
    name: 'unrescue',
    group: INSTANCES,
    summary: 'End a rescue',
    load: async () => (await import('./commands/unrescue.ts')).unrescue,
  },
  {
    name: 'disk',
    group: INSTANCES,
    summary: 'Attach, detach and grow disks, and change CDs',
    load: async () => (await import('./commands/disk.ts')).disk,
  },
  {
    name: 'rebuild',
    group: INSTANCES,
    summary: 'Give an instance a new root disk from an image',
    load: async () => (await import('./commands/rebuild.ts')).rebuild,
  },
  {
    name: 'delete',
    group: INSTANCES,
    summary: 'Remove instances and all that belongs to them',
    load: async () => (await import('./commands/delete.ts')).deleteInstances,
  },
  {
    name: 'backup',
    group: INSTANCES,
    summary: 'Copy disks, or what changed in them, and put them back',
    load: async () => (await import('./commands/backup.ts')).backup,
  },
  {
    name: 'export',
    group: INSTANCES,
    summary: 'Write an instance as one file',
    load: async () => (await import('./commands/export.ts')).exportInstance,
  },
  {
    name: 'import',
    group: INSTANCES,
    summary: 'Make an instance of an exported file',
    load: async () => (await import('./commands/import.ts')).importInstance,
  },
  {
    name: 'snapshot',
    group: INSTANCES,
    summary: "Mark an instance's disks and go back to that",
    load: async () => (await import('./commands/snapshot.ts')).snapshot,
  },
  {
    name: 'interface',
    group: INSTANCES,
    summary: 'Attach and detach network interfaces',
    load: async () => (await import('./commands/interface.ts')).networkInterface,
  },
  {
    name: 'share',
    group: INSTANCES,
    summary: 'Share folders of this host with a guest',
    load: async () => (await import('./commands/share.ts')).share,
  },
  {
    name: 'diagnostics',
    group: INSTANCES,
    summary: 'Show what a running instance uses',
    load: async () => (await import('./commands/diagnostics.ts')).diagnostics,
  },
  {
    name: 'top',
    group: INSTANCES,
    summary: 'Show what the running instances use, the busiest first',
    load: async () => (await import('./commands/top.ts')).top,
  },
  {
    name: 'metadata',
    group: INSTANCES,
    summary: 'Show what a guest may read about itself',
    load: async () => (await import('./commands/metadata.ts')).metadata,
  },
  {
    name: 'adopt',
    group: INSTANCES,
    summary: 'Manage a domain that libvirt has already',
    load: async () => (await import('./commands/adopt.ts')).adopt,
  },
  {
    name: 'release',
    group: INSTANCES,
    summary: 'Forget adopted instances; their domains stay',
    load: async () => (await import('./commands/release.ts')).release,
  },
  ...INSIDE_COMMANDS,
  {
    name: 'image',
    group: SUPPLIES,
    summary: 'Add, list and remove images',
    load: async () => (await import('./commands/image.ts')).image,
  },
  {
    name: 'template',
    group: SUPPLIES,
    summary: "Keep guests' memory and disks to launch others from",
    load: async () => (await import('./commands/template.ts')).template,
  },
  {
    name: 'flavor',
    group: SUPPLIES,
    summary: 'Create, list and remove flavors',
    load: async () => (await import('./commands/flavor.ts')).flavor,
  },
  {
    name: 'network',
    group: NETWORKS,
    summary: 'Make, list and remove networks',
    load: async () => (await import('./commands/network.ts')).network,
  },
  {
    name: 'port',
    group: NETWORKS,
    summary: 'Keep network cards with their addresses',
    load: async () => (await import('./commands/port.ts')).port,
  },
  {
    name: 'serve',
    group: HOST,
    summary: 'Run services until stopped, the SSH gateway first',
    load: async () => (await import('./commands/serve.ts')).serve,
  },
  {
    name: 'ssh-gateway',
    group: HOST,
    summary: 'Let SSH clients into guests by name',
    load: async () => (await import('./commands/ssh-gateway.ts')).sshGateway,
  },
  {
    name: 'capacity',
    group: HOST,
    summary: 'Show what instances may hold of this host',
    load: async () => (await import('./commands/capacity.ts')).capacity,
  },
  {
    name: 'doctor',
    group: HOST,
    summary: 'Check this host, each finding with its cure',
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
  {
    name: 'render',
    group: HOST,
    summary: "Print a guest's domain XML from values alone",
    load: async () => (await import('./commands/render.ts')).render,
  },
  {
    name: 'completion',
    group: HOST,
    summary: 'Print a completion script for a shell',
    load: async () => (await import('./commands/completion.ts')).completion,
  },
  {
    name: 'version',
    group: HOST,
    summary: 'Print the version',
    load: async () => (await import('./commands/version.ts')).version,
  },
  {
    name: '__complete',
    group: HOST,
    summary: 'Print names for completion scripts',
    hidden: true,
    load: async () => (await import('./commands/complete-names.ts')).completeNames,
  },
];
