// What the service has to be told about instances. Whoever wires it has the records.

/**
 * `openstack/<version>/…`, `openstack/content/…` and `ec2/<version>/…`, as a config drive would have them, without a password in
 * clear; where they are there, `nocloud/…` and EC2's newest version besides.
 */
export type Documents = Pick<ReadonlyMap<string, Uint8Array>, 'get' | 'has' | 'keys'>;

export interface GuestRecords {
  /** As they are now; undefined where there is no such instance. */
  documents(instance: string): Promise<Documents | undefined>;
  /** Another number when any instance's documents may have changed; they are made anew each second where it is not there. */
  version?(): number;
  /** The project of the instance: Neutron's tenant. Undefined where there is no such instance. */
  project(instance: string): Promise<string | undefined>;
  /** What the guest posted, empty when it has posted nothing. */
  password(instance: string): Promise<string>;
  /** Keeps it unless there is one; resolves to whether it was kept. Two posts at once must not both be. */
  keepPassword(instance: string, password: string): Promise<boolean>;
}
