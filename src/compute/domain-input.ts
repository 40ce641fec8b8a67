// What the domain's XML is made of: one guest described by values alone.
import type {
  Carrier,
  Disk,
  Flavor,
  Hardware,
  NumaPlacement,
  Port,
  Share,
  VirtType,
  Volume,
} from '../model/index.ts';

export interface DomainInput {
  /** UUID, the instance's id. */
  readonly uuid: string;
  /** libvirt's name. */
  readonly domainName: string;
  /** What tells the kernel that it goes on as another guest; left out where nothing shall. */
  readonly generationId?: string | undefined;
  /** The name people use; goes into `nova:name`. */
  readonly displayName: string | null;
  /** As printed in `nova:creationTime`: UTC, `YYYY-MM-DD HH:MM:SS`. See `novaTime`. */
  readonly createdAt: string | null;
  readonly owner: DomainOwner | null;
  /** UUID of the image that the root disk is made from; goes into `nova:root`. */
  readonly rootImageId: string | null;
  readonly flavor: Flavor;
  /** As written on the image, older names allowed. */
  readonly imageProperties: Readonly<Record<string, string>>;
  /** Overrides the image's `os_type`. */
  readonly osType: string | null;
  /** As `chooseHardware` gave it when the instance was built. */
  readonly hardware: Hardware;
  /** As `fitOntoHost` gave it when the instance was built; null for a guest that asked for none. */
  readonly numa: NumaPlacement | null;
  readonly host: DomainHost;
  /** In the order of `diskLayout`, each with the absolute path of its file. */
  readonly disks: readonly DomainDisk[];
  /** Attached after the launch, and what is in CD drives of the launch; none when left out. */
  readonly volumes?: readonly Volume[];
  /** Where files of its own lie. */
  readonly directory?: string;
  readonly ports: readonly Port[];
  /** None when left out. */
  readonly shares?: readonly Share[];
  readonly paths: DomainPaths;
  /** How it is led to the metadata service; left out where it is not. */
  readonly carrier?: Carrier | null;
  readonly settings: DomainSettings;
}

export interface DomainOwner {
  readonly userId: string | null;
  readonly userName: string;
  readonly projectId: string | null;
  readonly projectName: string;
}

/** Facts of the host that change the XML although they are no hardware of the guest. */
export interface DomainHost {
  readonly arch: string;
}

export interface DomainDisk extends Disk {
  readonly path: string;
  /** Before all others: the disk of a rescue that keeps the guest's own disks where they are. */
  readonly bootsFirst?: boolean | undefined;
}

/** Absolute paths on the host. */
export interface DomainPaths {
  /** What the serial console is logged to. */
  readonly consoleLog: string;
  /** The agent channel's socket, `agentSocketPath(domainName)`; null in session mode, where libvirt chooses it. */
  readonly agentSocket: string | null;
  /** Boots this kernel in place of the root disk's boot loader. */
  readonly kernel: string | null;
  readonly ramdisk: string | null;
}

/** What is not recorded with the instance. */
export interface DomainSettings {
  /** Address the VNC display listens on, or `VNC_SOCKET`; null for no display, no video and no pointer. */
  readonly vncListen: string | null;
  /** Whether the display lets nobody in until it is given a password. */
  readonly vncPassword: boolean;
  /** Host CPUs for guests without a placement of their own; null for any. */
  readonly sharedCpus: readonly number[] | null;
  readonly manufacturer: string;
  /** cloud-init recognises OpenStack by `OpenStack Nova`. */
  readonly product: string;
  /** UUID of the libvirt secret that encrypts the state of a TPM; null leaves it plain. */
  readonly tpmSecret: string | null;
  /** Nova's XML to the letter, also what libvirt refuses or reads as something else: for `render`, never for a launch. */
  readonly isLiteral: boolean;
  /** Whether the domain boots a rescue disk, and names it so. */
  readonly rescue: boolean;
}

/**
 * What the guest really runs under. Quirk: where Zed emulates another architecture, the domain is of type qemu, but
 * the clock, the kernel's command line and the network drivers follow the configured virt_type.
 */
export function acceleration({ hardware, settings }: DomainInput): VirtType {
  return settings.isLiteral ? hardware.options.hostVirtType : hardware.virtType;
}

/** What novalet launches with. */
export function launchSettings(
  vncListen: string | null,
  sharedCpus: readonly number[] | null,
  vncPassword = false,
): DomainSettings {
  return {
    vncListen,
    vncPassword,
    sharedCpus,
    manufacturer: 'OpenStack Foundation',
    product: 'OpenStack Nova',
    tpmSecret: null,
    isLiteral: false,
    rescue: false,
  };
}

/** The agent's socket as Nova names it. System mode only: a plain user cannot write there. */
export function agentSocketPath(domainName: string): string {
  return `/var/lib/libvirt/qemu/org.qemu.guest_agent.0.${domainName}.sock`;
}

/** An ISO 8601 time as Nova prints it in `nova:creationTime`. */
export function novaTime(iso: string): string {
  return new Date(iso).toISOString().slice(0, 19).replace('T', ' ');
}
