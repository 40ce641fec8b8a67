// Asks for an address by DHCP and prints the one that is offered. Runs in a network namespace of its own, where the only
// interface has the MAC address given as argument. Rules: RFC 2131, RFC 2132.
import { createSocket } from 'node:dgram';

const OFFSET_OF_YIADDR = 16;
const COOKIE = [0x63, 0x82, 0x53, 0x63];
const TRANSACTION = 0x6e6f7661;

const mac = (process.argv[2] ?? '').split(':').map((part) => Number.parseInt(part, 16));
const socket = createSocket('udp4');
socket.on('message', (reply) => {
  if (reply.readUInt32BE(4) !== TRANSACTION) return;
  process.stdout.write([...reply.subarray(OFFSET_OF_YIADDR, OFFSET_OF_YIADDR + 4)].join('.'));
  process.exit(0);
});
socket.bind(68, '0.0.0.0', () => {
  socket.setBroadcast(true);
  send();
  setInterval(send, 500); // whoever started this process bounds it
});

function send(): void {
  const discover = Buffer.alloc(300);
  discover.set([1, 1, 6, 0]); // a request, over Ethernet, 6 bytes of MAC address
  discover.writeUInt32BE(TRANSACTION, 4);
  discover.writeUInt16BE(0x8000, 10); // answer by broadcast
  discover.set(mac, 28);
  discover.set([...COOKIE, 53, 1, 1, 255], 236); // option 53: DHCPDISCOVER
  socket.send(discover, 67, '255.255.255.255');
}
