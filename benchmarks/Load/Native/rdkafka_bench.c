/*
 * Produces or fetches through librdkafka as fast as it goes, and prints one line with what was counted.
 *
 *   rdkafka_bench produce BOOTSTRAP|mock TOPIC ACKS RECORDS RECORD_BYTES COMPRESSION
 *   rdkafka_bench fetch   BOOTSTRAP      TOPIC RECORDS RECORD_BYTES
 *
 * Every record begins with its number; up to its middle follow bytes that do not compress. A produce counts delivery
 * reports, a fetch checks that numbers are dense and payloads whole. The last line is "records=N seconds=S"; the exit
 * code is not 0 when anything was wrong.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <librdkafka/rdkafka.h>

static int64_t delivered;

static void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char error[512];
    if (rd_kafka_conf_set(conf, name, value, error, sizeof error) != RD_KAFKA_CONF_OK)
    {
        fail("%s", error);
    }
}

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
    (void)client;
    (void)opaque;
    if (message->err)
    {
        fail("delivery: %s", rd_kafka_err2str(message->err));
    }

    delivered++;
}

static rd_kafka_t *open_client(rd_kafka_type_t type, rd_kafka_conf_t *conf, const char *bootstrap)
{
    char error[512];
    if (strcmp(bootstrap, "mock") == 0)
    {
        set(conf, "test.mock.num.brokers", "1");
    }
    else
    {
        set(conf, "bootstrap.servers", bootstrap);
    }

    rd_kafka_t *client = rd_kafka_new(type, conf, error, sizeof error);
    if (!client)
    {
        fail("%s", error);
    }

    return client;
}

static void fill(char *value, size_t size, int64_t number)
{
    uint64_t noise = (uint64_t)number * 0x9E3779B97F4A7C15u + 1;
    memcpy(value, &number, sizeof number);
    for (size_t i = sizeof number; i + sizeof noise <= size / 2; i += sizeof noise)
    {
        noise ^= noise << 13;
        noise ^= noise >> 7;
        noise ^= noise << 17;
        memcpy(value + i, &noise, sizeof noise);
    }
}

static void produce(
    const char *bootstrap, const char *topic, const char *acks, int64_t count, size_t size, const char *compression)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "linger.ms", "5");
    set(conf, "batch.size", "1000000");
    set(conf, "batch.num.messages", "10000");
    set(conf, "queue.buffering.max.messages", "500000");
    set(conf, "acks", acks);
    set(conf, "compression.codec", compression);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_t *client = open_client(RD_KAFKA_PRODUCER, conf, bootstrap);
    rd_kafka_topic_t *handle = rd_kafka_topic_new(client, topic, NULL);

    char *value = malloc(size);
    memset(value, 'v', size);

    /* The first record opens connections and learns the leader, which is not measured. */
    int64_t number = 0;
    double start = 0;
    while (number < count)
    {
        fill(value, size, number);
        if (rd_kafka_produce(handle, 0, RD_KAFKA_MSG_F_COPY, value, size, NULL, 0, NULL) == 0)
        {
            number++;
        }
        else if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
        {
            fail("produce: %s", rd_kafka_err2str(rd_kafka_last_error()));
        }
        else
        {
            rd_kafka_poll(client, 1);
        }

        if (number == 1 && start == 0)
        {
            rd_kafka_flush(client, 30000);
            start = now();
        }

        rd_kafka_poll(client, 0);
    }

    if (rd_kafka_flush(client, 60000) != RD_KAFKA_RESP_ERR_NO_ERROR || delivered != count)
    {
        fail("%" PRId64 " of %" PRId64 " records delivered", delivered, count);
    }

    printf("records=%" PRId64 " seconds=%.6f\n", count - 1, now() - start);
    rd_kafka_topic_destroy(handle);
    rd_kafka_destroy(client);
    free(value);
}

static void check(const rd_kafka_message_t *message, int64_t expected, size_t size)
{
    int64_t number;
    if (message->err)
    {
        fail("fetch: %s", rd_kafka_message_errstr(message));
    }

    memcpy(&number, message->payload, sizeof number);
    if (message->offset != expected || number != expected || message->len != size
        || ((const char *)message->payload)[size - 1] != 'v')
    {
        fail("record %" PRId64 " at offset %" PRId64 ", expected %" PRId64, number, message->offset, expected);
    }
}

static void fetch(const char *bootstrap, const char *topic, int64_t count, size_t size)
{
    enum { BATCH = 1000 };
    rd_kafka_message_t *messages[BATCH];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "fetch.message.max.bytes", "8388608");
    set(conf, "queued.min.messages", "1000000");
    rd_kafka_t *client = open_client(RD_KAFKA_CONSUMER, conf, bootstrap);
    rd_kafka_topic_t *handle = rd_kafka_topic_new(client, topic, NULL);
    if (rd_kafka_consume_start(handle, 0, RD_KAFKA_OFFSET_BEGINNING) != 0)
    {
        fail("consume: %s", rd_kafka_err2str(rd_kafka_last_error()));
    }

    int64_t number = 0;
    int64_t first = 0;
    double start = 0;
    double deadline = now() + 120;
    while (number < count)
    {
        ssize_t fetched = rd_kafka_consume_batch(handle, 0, 1000, messages, BATCH);
        if (fetched < 0 || now() > deadline)
        {
            fail("%" PRId64 " of %" PRId64 " records fetched", number, count);
        }

        for (ssize_t i = 0; i < fetched; i++)
        {
            check(messages[i], number++, size);
            rd_kafka_message_destroy(messages[i]);
        }

        if (start == 0 && number > 0)
        {
            start = now();
            first = number;
        }
    }

    printf("records=%" PRId64 " seconds=%.6f\n", count - first, now() - start);
    rd_kafka_consume_stop(handle, 0);
    rd_kafka_topic_destroy(handle);
    rd_kafka_destroy(client);
}

int main(int argc, char **argv)
{
    if (argc == 8 && strcmp(argv[1], "produce") == 0)
    {
        produce(argv[2], argv[3], argv[4], atoll(argv[5]), (size_t)atol(argv[6]), argv[7]);
    }
    else if (argc == 6 && strcmp(argv[1], "fetch") == 0)
    {
        fetch(argv[2], argv[3], atoll(argv[4]), (size_t)atol(argv[5]));
    }
    else
    {
        fail("usage: rdkafka_bench produce BOOTSTRAP|mock TOPIC ACKS RECORDS RECORD_BYTES COMPRESSION\n"
             "       rdkafka_bench fetch BOOTSTRAP TOPIC RECORDS RECORD_BYTES");
    }

    return 0;
}
