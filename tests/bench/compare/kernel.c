// kernel PORT: the least a UDP responder can do on sockets. It takes a batch of queries with recvmmsg, turns each into a reply with
// one fixed address, and sends them with sendmmsg: what is left is the kernel's own time.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { BATCH = 64, MAX_QUERY = 1500 };

static const uint8_t answer[16] = {0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1};
static uint8_t messages[BATCH][MAX_QUERY + sizeof answer];

int main(int argc, char **argv) {
    if (argc != 2) { fprintf(stderr, "kernel PORT\n"); return 2; }
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int buffer = 4 << 20, udp = socket(AF_INET, SOCK_DGRAM, 0);
    setsockopt(udp, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    setsockopt(udp, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    if (bind(udp, (void *)&own, sizeof own)) { perror("bind"); return 1; }
    struct mmsghdr headers[BATCH] = {0};
    struct iovec vectors[BATCH];
    struct sockaddr_in clients[BATCH];
    for (;;) {
        for (int i = 0; i < BATCH; i++) {
            vectors[i] = (struct iovec){messages[i], MAX_QUERY};
            headers[i].msg_hdr = (struct msghdr){.msg_name = &clients[i], .msg_namelen = sizeof clients[i], .msg_iov = &vectors[i], .msg_iovlen = 1};
        }
        int count = recvmmsg(udp, headers, BATCH, MSG_WAITFORONE, NULL);
        for (int i = 0; i < count; i++) {
            uint8_t *message = messages[i];
            size_t length = headers[i].msg_len;
            message[2] = (message[2] & 1) | 0x84, message[3] = 0, message[7] = 1;
            memcpy(message + length, answer, sizeof answer);
            vectors[i].iov_len = length + sizeof answer;
        }
        for (int sent = 0; sent < count;) {
            int more = sendmmsg(udp, headers + sent, count - sent, 0);
            sent += more > 0 ? more : 1;
        }
    }
}
