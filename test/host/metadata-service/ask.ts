// A guest that asks for its user data: from one of its addresses, at an address and port. Prints the answer, or `nothing`
// where none comes within so many milliseconds.
import { connect } from 'node:net';

const [, , timeoutMs = '', from = '', host = '', port = '80'] = process.argv;
const socket = connect({ host, port: Number(port), localAddress: from });
let text = '';
socket.setTimeout(Number(timeoutMs), () => socket.destroy());
socket.on('connect', () =>
  socket.write('GET /latest/user-data HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'),
);
socket.on('data', (chunk) => {
  text += chunk.toString();
});
socket.on('error', () => undefined); // refused, or unreachable: nothing came
socket.on('close', () => process.stdout.write(text === '' ? 'nothing' : (text.split('\r\n\r\n')[1] ?? text)));
