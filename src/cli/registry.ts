// The commands of novalet by name. Only the command that was called is loaded; the list itself is all that
// `novalet --help` needs.
import type { CliCommand } from './command-tree.ts';
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
const INSIDE = 'Inside the guest:';
const SUPPLIES = 'Images and flavors:';
/** The last heading. */
export const HOST = 'This host and this program:';

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'launch',
    group: INSTANCES,
    summary: 'Build an instance from an image and start it',
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
  {
    name: 'exec',
    group: INSIDE,
    summary: 'Run a program inside the guest',
    load: async () => (await import('./commands/exec.ts')).exec,
  },
  {
    name: 'shell',
    group: INSIDE,
    summary: "Open the user's shell inside the guest",
    load: async () => (await import('./commands/shell.ts')).shell,
  },
  {
    name: 'jobs',
    group: INSIDE,
    summary: 'List the detached jobs of a guest',
    load: async () => (await import('./commands/jobs.ts')).jobs,
  },
  {
    name: 'attach',
    group: INSIDE,
    summary: 'Follow a detached job',
    load: async () => (await import('./commands/attach.ts')).attach,
  },
  {
    name: 'kill',
    group: INSIDE,
    summary: 'Signal or kill a detached job',
    load: async () => (await import('./commands/kill.ts')).kill,
  },
  {
    name: 'cp',
    group: INSIDE,
    summary: 'Copy files into a guest and out of it',
    load: async () => (await import('./commands/cp.ts')).cp,
  },
  {
    name: 'sync',
    group: INSIDE,
    summary: 'Make a directory like another, sending what changed',
    load: async () => (await import('./commands/sync.ts')).sync,
  },
  {
    name: 'cat',
    group: INSIDE,
    summary: 'Print files of a guest',
    load: async () => (await import('./commands/cat.ts')).cat,
  },
  {
    name: 'ls',
    group: INSIDE,
    summary: 'List files of a guest',
    load: async () => (await import('./commands/ls.ts')).ls,
  },
  {
    name: 'tail',
    group: INSIDE,
    summary: 'Print the end of a file of a guest, and follow it',
    load: async () => (await import('./commands/tail.ts')).tail,
  },
  {
    name: 'edit',
    group: INSIDE,
    summary: 'Edit a file of a guest here',
    load: async () => (await import('./commands/edit.ts')).edit,
  },
  {
    name: 'mkdir',
    group: INSIDE,
    summary: 'Make directories in a guest',
    load: async () => (await import('./commands/mkdir.ts')).mkdir,
  },
  {
    name: 'rm',
    group: INSIDE,
    summary: 'Remove files of a guest',
    load: async () => (await import('./commands/rm.ts')).rm,
  },
  {
    name: 'passwd',
    group: INSIDE,
    summary: "Set a user's password inside the guest",
    load: async () => (await import('./commands/passwd.ts')).passwd,
  },
  {
    name: 'get-password',
    group: INSIDE,
    summary: 'Show the password that the guest posted',
    load: async () => (await import('./commands/get-password.ts')).getPassword,
  },
  {
    name: 'keys',
    group: INSIDE,
    summary: "List, add and remove a user's SSH keys",
    load: async () => (await import('./commands/keys.ts')).keys,
  },
  {
    name: 'guest',
    group: INSIDE,
    summary: 'Show what a guest tells, and find what ails it',
    load: async () => (await import('./commands/guest.ts')).guest,
  },
  {
    name: 'cloud-init',
    group: INSIDE,
    summary: 'Show how far cloud-init is, its logs; run it again',
    load: async () => (await import('./commands/cloud-init.ts')).cloudInit,
  },
  {
    name: 'routes',
    group: INSIDE,
    summary: "Show the guest's routes",
    load: async () => (await import('./commands/routes.ts')).routes,
  },
  {
    name: 'time',
    group: INSIDE,
    summary: "Show and set the guest's clock",
    load: async () => (await import('./commands/time.ts')).time,
  },
  {
    name: 'trim',
    group: INSIDE,
    summary: 'Give unused disk space back to the host',
    load: async () => (await import('./commands/trim.ts')).trim,
  },
  {
    name: 'freeze',
    group: INSIDE,
    summary: "Freeze the guest's filesystems, with a deadline",
    load: async () => (await import('./commands/freeze.ts')).freeze,
  },
  {
    name: 'thaw',
    group: INSIDE,
    summary: "Thaw the guest's filesystems",
    load: async () => (await import('./commands/thaw.ts')).thaw,
  },
  {
    name: 'vcpus',
    group: INSIDE,
    summary: "Bring the guest's processors online",
    load: async () => (await import('./commands/vcpus.ts')).vcpus,
  },
  {
    name: 'forward',
    group: INSIDE,
    summary: 'Lead local ports and sockets into the guest',
    load: async () => (await import('./commands/forward.ts')).forward,
  },
  {
    name: 'addresses',
    group: INSIDE,
    summary: "Show the guest's interfaces and addresses",
    load: async () => (await import('./commands/addresses.ts')).addresses,
  },
  {
    name: 'console',
    group: INSIDE,
    summary: "Join the guest's serial console, or show its log",
    load: async () => (await import('./commands/console.ts')).showConsole,
  },
  {
    name: 'vnc',
    group: INSIDE,
    summary: 'Show where the VNC display listens; set its password',
    load: async () => (await import('./commands/vnc.ts')).vnc,
  },
  {
    name: 'screenshot',
    group: INSIDE,
    summary: "Write the guest's screen as PNG",
    load: async () => (await import('./commands/screenshot.ts')).screenshot,
  },
  {
    name: 'send-keys',
    group: INSIDE,
    summary: "Press keys of the guest's keyboard",
    load: async () => (await import('./commands/send-keys.ts')).sendKeys,
  },
  {
    name: 'nmi',
    group: INSIDE,
    summary: 'Send the guest an interrupt that cannot be masked',
    load: async () => (await import('./commands/nmi.ts')).nmi,
  },
  {
    name: 'image',
    group: SUPPLIES,
    summary: 'Add, list and remove images',
    load: async () => (await import('./commands/image.ts')).image,
  },
  {
    name: 'flavor',
    group: SUPPLIES,
    summary: 'Create, list and remove flavors',
    load: async () => (await import('./commands/flavor.ts')).flavor,
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
