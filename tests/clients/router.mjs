// Leads each request to the Prism that holds its vendor's file.
//
//   node router.mjs OWN_PORT PREFIX=PORT[,STRIP]...     the longest prefix that fits counts; STRIP is taken off the address
import { createServer, request } from 'node:http';

const [own, ...routes] = process.argv.slice(2);
const table = routes
    .map((route) => route.match(/^(?<prefix>.*)=(?<port>\d+)(?:,(?<strip>.*))?$/).groups)
    .sort((a, b) => b.prefix.length - a.prefix.length);

createServer((from, to) => {
    const route = table.find(({ prefix }) => from.url.startsWith(prefix));
    if (!route) {
        console.log(`Violation: ${from.method} ${from.url} is in no file of a vendor`);
        to.writeHead(404).end();
        return;
    }
    const headers = { ...from.headers, 'x-forwarded-host': from.headers.host, 'x-forwarded-proto': 'http' };
    const path = from.url.slice(route.strip?.length ?? 0);
    const onward = request({ host: '127.0.0.1', port: route.port, method: from.method, path, headers }, (answer) => {
        to.writeHead(answer.statusCode, answer.headers);
        answer.pipe(to);
    });
    onward.on('error', (error) => {
        console.log(`Violation: ${from.method} ${from.url} got no answer: ${error.message}`);
        to.writeHead(502).end();
    });
    from.pipe(onward);
}).listen(Number(own), '127.0.0.1', () => console.log('listens'));
