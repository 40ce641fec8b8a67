// The option of every command that reaches into a guest over a road that can be chosen.
import { Option } from 'commander';

export function viaOption(): Option {
  return new Option('--via <road>', 'the way into the guest (default: the best)').choices(['lane', 'agent']);
}
