// Asks one server over UDP as fast as it answers, and says what CPU time an answer took the server.
//
// blast -p PORT -d QUERIES [-P PID] [-l SECONDS] [-W WARM-UP] [-n ANSWERS] [-g]
//
// QUERIES has a query on a line: NAME TYPE [A.B.C], the last for a client subnet option of A.B.C.0/24. Neighbours come from different
// addresses in 127.1.0.0/24, as from different clients: a server may send the replies of one client in one go, and ours does. 192
// queries are on their way at any time. Around the measured time the CPU time of process PID and its children is read from /proc.
// With -g, all queries come from one socket, in bursts of one segmented datagram (UDP_SEGMENT): what a busy resolver on a fast
// network card looks like. The result is one line of JSON.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

enum { SOCKETS = 12, BATCH = 16, WINDOW = 16, MAX_REPLY = 4096, MAX_PROCESSES = 256 };

struct query { uint32_t offset; uint16_t length; };

static uint8_t *bytes;
static size_t bytes_length, bytes_capacity;
static struct query *queries;
static size_t query_count, query_capacity;

static void *grown(void *memory, size_t size) {
    memory = realloc(memory, size);
    if (!memory) { perror("realloc"); exit(1); }
    return memory;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec * 1e-9;
}

static uint16_t type_code(const char *name) {
    static const struct { const char *name; uint16_t code; } types[] = {
        {"A", 1}, {"NS", 2}, {"CNAME", 5}, {"SOA", 6}, {"MX", 15}, {"TXT", 16}, {"AAAA", 28}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (!strcmp(types[i].name, name)) return types[i].code;
    fprintf(stderr, "unknown type %s\n", name);
    exit(1);
}

static void add_query(const char *name, uint16_t type, const char *subnet) {
    if (bytes_length + 600 > bytes_capacity) bytes = grown(bytes, bytes_capacity = 2 * bytes_capacity + 65536);
    if (query_count == query_capacity)
        queries = grown(queries, (query_capacity = 2 * query_capacity + 1024) * sizeof *queries);
    uint8_t *start = bytes + bytes_length, *at = start + 12;
    memset(start, 0, 12);
    start[5] = 1;
    for (const char *label = name; *label;) {
        size_t length = strcspn(label, ".");
        *at++ = length;
        memcpy(at, label, length);
        at += length;
        label += length + (label[length] == '.');
    }
    const uint8_t question[] = {0, type >> 8, type, 0, 1};
    memcpy(at, question, sizeof question);
    at += sizeof question;
    unsigned a, b, c;
    if (sscanf(subnet, "%u.%u.%u", &a, &b, &c) == 3) {
        const uint8_t opt[] = {0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 11, 0, 8, 0, 7, 0, 1, 24, 0, a, b, c};
        start[11] = 1;
        memcpy(at, opt, sizeof opt);
        at += sizeof opt;
    }
    queries[query_count++] = (struct query){bytes_length, at - start};
    bytes_length += at - start;
}

static void read_queries(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) { perror(path); exit(1); }
    char line[1024], name[512], type[16], subnet[32];
    while (fgets(line, sizeof line, file)) {
        *subnet = 0;
        if (sscanf(line, "%511s %15s %31s", name, type, subnet) >= 2) add_query(name, type_code(type), subnet);
    }
    fclose(file);
    if (query_count < BATCH) { fprintf(stderr, "%s: too few queries\n", path); exit(1); }
}

// A segmented datagram holds segments of one length: gathers queries of equal length, BATCH at a time.
static void gather_bursts(void) {
    struct query *gathered = grown(NULL, query_count * sizeof *gathered);
    uint8_t *moved = grown(NULL, bytes_length);
    size_t count = 0, length = 0;
    for (int wanted = 0; wanted < 600; wanted++) {
        size_t first = count, first_byte = length;
        for (size_t i = 0; i < query_count; i++)
            if (queries[i].length == wanted) {
                memcpy(moved + length, bytes + queries[i].offset, wanted);
                gathered[count++] = (struct query){length, wanted};
                length += wanted;
            }
        size_t left_over = (count - first) % BATCH;
        count -= left_over;
        length = first_byte + (count - first) * wanted;
    }
    bytes = moved, queries = gathered, query_count = count;
    if (!count) { fprintf(stderr, "no %d queries have one length\n", BATCH); exit(1); }
}

static int processes[MAX_PROCESSES], process_count;

static void find_processes(int parent) {
    if (process_count < MAX_PROCESSES) processes[process_count++] = parent;
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", parent);
    DIR *tasks = opendir(path);
    if (!tasks) return;
    for (struct dirent *task; (task = readdir(tasks));) {
        char children[400];
        snprintf(children, sizeof children, "/proc/%d/task/%s/children", parent, task->d_name);
        FILE *file = fopen(children, "r");
        int child;
        while (file && fscanf(file, "%d", &child) == 1) find_processes(child);
        if (file) fclose(file);
    }
    closedir(tasks);
}

struct cpu { double nanoseconds, user_ticks, system_ticks; };

static struct cpu read_cpu(void) {
    struct cpu cpu = {0};
    for (int i = 0; i < process_count; i++) {
        char path[400], line[1024];
        snprintf(path, sizeof path, "/proc/%d/stat", processes[i]);
        FILE *file = fopen(path, "r");
        if (!file) continue;
        unsigned long user, system;
        if (fgets(line, sizeof line, file) && strrchr(line, ')') &&
            sscanf(strrchr(line, ')') + 1, "%*s %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) == 2)
            cpu.user_ticks += user, cpu.system_ticks += system;
        fclose(file);
        snprintf(path, sizeof path, "/proc/%d/task", processes[i]);
        DIR *tasks = opendir(path);
        for (struct dirent *task; tasks && (task = readdir(tasks));) {
            snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", processes[i], task->d_name);
            double nanoseconds;
            if (*task->d_name == '.' || !(file = fopen(path, "r"))) continue;
            if (fscanf(file, "%lf", &nanoseconds) == 1) cpu.nanoseconds += nanoseconds;
            fclose(file);
        }
        if (tasks) closedir(tasks);
    }
    return cpu;
}

static struct sockaddr_in server;

static int opened(void) {
    int buffer = 4 << 20, socket_ = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    struct sockaddr_in any = {.sin_family = AF_INET};
    if (bind(socket_, (void *)&any, sizeof any)) { perror("bind"); exit(1); }
    return socket_;
}

// A control message of one kind, in `control`.
static void *control_message(struct msghdr *message, char *control, int level, int type, size_t length) {
    message->msg_control = control, message->msg_controllen = CMSG_SPACE(length);
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    *header = (struct cmsghdr){.cmsg_level = level, .cmsg_type = type, .cmsg_len = CMSG_LEN(length)};
    return CMSG_DATA(header);
}

// Sends the next BATCH queries; returns how many are on their way.
static int send_batch(int socket_, int as_burst, uint16_t *id) {
    static size_t next;
    if (next + BATCH > query_count) next = 0;
    struct query *batch = queries + next;
    struct iovec vectors[BATCH];
    struct mmsghdr messages[BATCH] = {0};
    _Alignas(struct cmsghdr) static char controls[BATCH][CMSG_SPACE(sizeof(struct in_pktinfo))];
    for (int i = 0; i < BATCH; i++) {
        uint8_t *query = bytes + batch[i].offset;
        query[0] = *id >> 8, query[1] = *id, ++*id;
        vectors[i] = (struct iovec){query, batch[i].length};
        struct msghdr *message = &messages[i].msg_hdr;
        *message = (struct msghdr){.msg_name = &server, .msg_namelen = sizeof server, .msg_iov = &vectors[i], .msg_iovlen = 1};
        struct in_pktinfo *source = control_message(message, controls[i], IPPROTO_IP, IP_PKTINFO, sizeof *source);
        *source = (struct in_pktinfo){.ipi_spec_dst.s_addr = htonl(0x7f010001 + i)};
    }
    next += BATCH;
    if (!as_burst) {
        int sent = sendmmsg(socket_, messages, BATCH, 0);
        return sent < 0 ? 0 : sent;
    }
    struct iovec whole = {bytes + batch->offset, (size_t)batch->length * BATCH};
    struct msghdr message = {.msg_name = &server, .msg_namelen = sizeof server, .msg_iov = &whole, .msg_iovlen = 1};
    *(uint16_t *)control_message(&message, controls[0], SOL_UDP, UDP_SEGMENT, sizeof(uint16_t)) = batch->length;
    return sendmsg(socket_, &message, 0) < 0 ? 0 : BATCH;
}

int main(int argc, char **argv) {
    int port = 0, pid = 0, as_bursts = 0, option;
    double seconds = 0.3, warm_up = 0.2;
    unsigned long enough = 0;
    const char *path = NULL;
    while ((option = getopt(argc, argv, "p:d:P:l:W:n:g")) != -1) switch (option) {
        case 'p': port = atoi(optarg); break;
        case 'd': path = optarg; break;
        case 'P': pid = atoi(optarg); break;
        case 'l': seconds = atof(optarg); break;
        case 'W': warm_up = atof(optarg); break;
        case 'n': enough = strtoul(optarg, NULL, 10); break;
        case 'g': as_bursts = 1; break;
        default: return 2;
    }
    if (!port || !path) { fprintf(stderr, "blast -p PORT -d QUERIES [-P PID] [-l SECONDS] [-W WARM-UP] [-n ANSWERS] [-g]\n"); return 2; }
    read_queries(path);
    if (as_bursts) gather_bursts();
    if (pid) find_processes(pid);
    server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int sockets = as_bursts ? 1 : SOCKETS, window = as_bursts ? SOCKETS * WINDOW : WINDOW;
    int socket_[SOCKETS], waiting[SOCKETS] = {0};
    uint16_t id[SOCKETS] = {0};
    double heard[SOCKETS];
    for (int s = 0; s < sockets; s++) socket_[s] = opened(), heard[s] = now();
    static uint8_t replies[BATCH][MAX_REPLY];
    struct iovec vectors[BATCH];
    struct mmsghdr received[BATCH] = {0};
    for (int i = 0; i < BATCH; i++) {
        vectors[i] = (struct iovec){replies[i], MAX_REPLY};
        received[i].msg_hdr.msg_iov = &vectors[i];
        received[i].msg_hdr.msg_iovlen = 1;
    }
    unsigned long sent = 0, answers = 0, with_records = 0, lost = 0, rcodes[16] = {0};
    struct cpu before = {0};
    int is_measured = 0;
    double start = now(), end = start + warm_up;
    for (;;) {
        double time = now();
        if (!is_measured && time >= end) {
            is_measured = 1, sent = answers = with_records = lost = 0;
            memset(rcodes, 0, sizeof rcodes);
            before = read_cpu();
            start = now(), end = start + seconds;
        }
        if (is_measured && (time >= end || (enough && answers + lost >= enough))) break;
        for (int s = 0; s < sockets; s++) {
            if (waiting[s] <= window - BATCH && (!enough || !is_measured || sent < enough)) {
                int more = send_batch(socket_[s], as_bursts, &id[s]);
                sent += more, waiting[s] += more;
            }
            if (!waiting[s]) { heard[s] = time; continue; }
            int count = recvmmsg(socket_[s], received, BATCH, MSG_DONTWAIT, NULL);
            for (int i = 0; i < count; i++) rcodes[replies[i][3] & 15]++, with_records += replies[i][7] != 0;
            if (count > 0) answers += count, waiting[s] = waiting[s] > count ? waiting[s] - count : 0, heard[s] = time;
            else if (time - heard[s] > 0.25) lost += waiting[s], waiting[s] = 0, heard[s] = time;
        }
    }
    struct cpu after = read_cpu();
    printf("{\"answers\": %lu, \"lost\": %lu, \"per_second\": %.0f, \"cpu_ns\": %.0f, \"user_ticks\": %.0f, \"system_ticks\": %.0f, "
           "\"with_records\": %lu, \"no_error\": %lu, \"name_error\": %lu}\n",
           answers, lost, answers / (now() - start), after.nanoseconds - before.nanoseconds, after.user_ticks - before.user_ticks,
           after.system_ticks - before.system_ticks, with_records, rcodes[0], rcodes[3]);
}
