/* The address space of the interop peers (see ../README.md) on open62541.
 *
 *   server --port 4841 --data DIR --truth FILE [--pki DIR] [--reverse opc.tcp://127.0.0.1:4850]
 *
 * Prints READY <url>; stops on SIGTERM. */
#include <open62541/plugin/accesscontrol_default.h>
#include <open62541/plugin/certificategroup_default.h>
#include <open62541/plugin/historydata/history_data_backend_memory.h>
#include <open62541/plugin/historydata/history_data_gathering_default.h>
#include <open62541/plugin/historydata/history_database_default.h>
#include <open62541/plugin/log_stdout.h>
#include <open62541/server.h>
#include <open62541/server_config_default.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMESPACE "urn:iiot:peer:interop"
#define TICK_MS 100

typedef struct {
    UA_UInt16 port;
    const char *pki, *truth, *reverse;
} Options;

static volatile sig_atomic_t running = 1;
static UA_UInt16 ns;
static FILE *truth;
static UA_HistoryDataGathering gathering;

static void stop(int number) {
    (void)number;
    running = 0;
}

static void check(UA_StatusCode status, const char *what) {
    if(status == UA_STATUSCODE_GOOD)
        return;
    fprintf(stderr, "%s: %s\n", what, UA_StatusCode_name(status));
    exit(1);
}

static Options flags(int count, char **arguments) {
    Options options = {0};
    for(int i = 1; i + 1 < count; i += 2) {
        const char *name = arguments[i], *value = arguments[i + 1];
        if(!strcmp(name, "--port")) options.port = (UA_UInt16)atoi(value);
        else if(!strcmp(name, "--pki")) options.pki = value;
        else if(!strcmp(name, "--truth")) options.truth = value;
        else if(!strcmp(name, "--reverse")) options.reverse = value;
    }
    return options;
}

/* ---- configuration ---- */

static UA_ByteString content(const char *folder, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    UA_ByteString bytes;
    check(UA_ByteString_allocBuffer(&bytes, 1 << 16), "memory");
    if(!file || !(bytes.length = fread(bytes.data, 1, 1 << 16, file))) {
        fprintf(stderr, "%s cannot be read\n", path);
        exit(1);
    }
    fclose(file);
    return bytes;
}

/* Every policy of RSA that the stack has, also those that are deprecated. */
static void secure(UA_ServerConfig *config, const Options *options) {
    UA_ByteString certificate = content(options->pki, "self-signed.der");
    UA_ByteString key = content(options->pki, "key.pem");
    check(UA_ServerConfig_setDefaultWithSecurityPolicies(config, options->port, &certificate, &key, NULL, 0, NULL, 0,
                                                         NULL, 0), "policies");
    check(UA_ServerConfig_addSecurityPolicyBasic128Rsa15(config, &certificate, &key), "Basic128Rsa15");
    check(UA_ServerConfig_addSecurityPolicyBasic256(config, &certificate, &key), "Basic256");
    const char *legacy[] = {"Basic128Rsa15", "Basic256"};
    for(size_t i = 0; i < 2; i++) {
        char uri[128];
        snprintf(uri, sizeof uri, "http://opcfoundation.org/UA/SecurityPolicy#%s", legacy[i]);
        check(UA_ServerConfig_addEndpoint(config, UA_STRING(uri), UA_MESSAGESECURITYMODE_SIGN), uri);
        check(UA_ServerConfig_addEndpoint(config, UA_STRING(uri), UA_MESSAGESECURITYMODE_SIGNANDENCRYPT), uri);
    }
    UA_ByteString_clear(&certificate);
    UA_ByteString_clear(&key);
}

/* Any application and user certificate, nobody at all, and user with secret. */
static void configure(UA_ServerConfig *config, const Options *options) {
    config->logging = UA_Log_Stdout_new(UA_LOGLEVEL_WARNING);
    if(options->pki)
        secure(config, options);
    else
        check(UA_ServerConfig_setMinimal(config, options->port, NULL), "configuration");
    UA_CertificateGroup_AcceptAll(&config->secureChannelPKI);
    UA_CertificateGroup_AcceptAll(&config->sessionPKI);
    UA_UsernamePasswordLogin user = {UA_STRING_STATIC("user"), UA_STRING_STATIC("secret")};
    check(UA_AccessControl_default(config, true, NULL, 1, &user), "access control");
    UA_String_clear(&config->applicationDescription.applicationUri);
    config->applicationDescription.applicationUri = UA_STRING_ALLOC(NAMESPACE);
    char url[64];
    snprintf(url, sizeof url, "opc.tcp://127.0.0.1:%u", options->port);
    UA_String_clear(&config->serverUrls[0]);
    config->serverUrls[0] = UA_STRING_ALLOC(url);
    gathering = UA_HistoryDataGathering_Circular(1);
    config->historyDatabase = UA_HistoryDatabase_default(gathering);
}

/* ---- address space ---- */

static UA_NodeId id(const char *name) {
    return UA_NODEID_STRING(ns, (char *)(uintptr_t)name);
}

static void add_folder(UA_Server *server) {
    UA_ObjectAttributes attributes = UA_ObjectAttributes_default;
    attributes.displayName = UA_LOCALIZEDTEXT("", "Interop");
    check(UA_Server_addObjectNode(server, id("Interop"), UA_NS0ID(OBJECTSFOLDER), UA_NS0ID(ORGANIZES),
                                  UA_QUALIFIEDNAME(ns, "Interop"), UA_NS0ID(FOLDERTYPE), attributes, NULL, NULL),
          "Interop");
}

static UA_VariableAttributes described(const char *name, const UA_DataType *type) {
    UA_VariableAttributes attributes = UA_VariableAttributes_default;
    attributes.displayName = UA_LOCALIZEDTEXT("", (char *)(uintptr_t)name);
    attributes.dataType = type->typeId;
    attributes.valueRank = UA_VALUERANK_SCALAR;
    attributes.accessLevel = UA_ACCESSLEVELMASK_READ;
    return attributes;
}

static void add(UA_Server *server, const char *name, UA_VariableAttributes attributes) {
    check(UA_Server_addVariableNode(server, id(name), id("Interop"), UA_NS0ID(ORGANIZES),
                                    UA_QUALIFIEDNAME(ns, (char *)(uintptr_t)name), UA_NS0ID(BASEDATAVARIABLETYPE),
                                    attributes, NULL, NULL), name);
}

static void scalar(UA_Server *server, const char *name, int type, void *value, UA_Byte access) {
    UA_VariableAttributes attributes = described(name, &UA_TYPES[type]);
    UA_Variant_setScalar(&attributes.value, value, &UA_TYPES[type]);
    attributes.accessLevel |= access;
    attributes.historizing = access & UA_ACCESSLEVELMASK_HISTORYREAD;
    add(server, name, attributes);
}

static void array(UA_Server *server, const char *name, int type, void *values, size_t length) {
    UA_VariableAttributes attributes = described(name, &UA_TYPES[type]);
    UA_UInt32 dimensions[] = {0};
    UA_Variant_setArray(&attributes.value, values, length, &UA_TYPES[type]);
    attributes.valueRank = UA_VALUERANK_ONE_DIMENSION;
    attributes.arrayDimensions = dimensions;
    attributes.arrayDimensionsSize = 1;
    add(server, name, attributes);
}

static void add_samples(UA_Server *server) {
    UA_Boolean boolean = true;
    UA_Int32 int32 = -42, int32s[] = {1, -2, 3};
    UA_Int64 int64 = -9007199254740993;
    UA_Double real = 0.1, reals[] = {0.5, -0.25};
    UA_String text = UA_STRING("Gr\xc3\xbc\xc3\x9f" "e, \xe4\xb8\x96\xe7\x95\x8c");
    UA_String texts[] = {UA_STRING("a"), UA_STRING(""), UA_STRING("\xc3\x9f")};
    UA_DateTime time = 133536836967890000; /* 2024-02-29T12:34:56.789Z */
    scalar(server, "Boolean", UA_TYPES_BOOLEAN, &boolean, 0);
    scalar(server, "Int32", UA_TYPES_INT32, &int32, 0);
    scalar(server, "Int64", UA_TYPES_INT64, &int64, 0);
    scalar(server, "Double", UA_TYPES_DOUBLE, &real, 0);
    scalar(server, "String", UA_TYPES_STRING, &text, 0);
    scalar(server, "DateTime", UA_TYPES_DATETIME, &time, 0);
    array(server, "Int32.Array", UA_TYPES_INT32, int32s, 3);
    array(server, "Double.Array", UA_TYPES_DOUBLE, reals, 2);
    array(server, "String.Array", UA_TYPES_STRING, texts, 3);
}

/* Every write of a client is on disk before the answer. */
static void written(UA_Server *server, const UA_NodeId *session, void *session_context, const UA_NodeId *node,
                    void *context, const UA_NumericRange *range, const UA_DataValue *data) {
    (void)server, (void)session, (void)session_context, (void)node, (void)context, (void)range;
    if(!truth || !UA_Variant_hasScalarType(&data->value, &UA_TYPES[UA_TYPES_DOUBLE]))
        return;
    UA_UInt64 bits;
    memcpy(&bits, data->value.data, sizeof bits);
    fprintf(truth, "{\"node\":\"nsu=" NAMESPACE ";s=Setpoint\",\"type\":\"Double\",\"value\":\"%016llx\"}\n",
            (unsigned long long)bits);
    fflush(truth);
}

static void add_setpoint(UA_Server *server) {
    UA_Double zero = 0;
    scalar(server, "Setpoint", UA_TYPES_DOUBLE, &zero, UA_ACCESSLEVELMASK_WRITE);
    UA_ValueSourceNotifications notifications = {NULL, written};
    check(UA_Server_setVariableNode_internalValueSource(server, id("Setpoint"), NULL, &notifications), "Setpoint");
}

static void add_counter(UA_Server *server) {
    UA_UInt32 zero = 0;
    scalar(server, "Counter", UA_TYPES_UINT32, &zero, UA_ACCESSLEVELMASK_HISTORYREAD);
    UA_HistorizingNodeIdSettings settings = {
        .historizingBackend = UA_HistoryDataBackend_Memory_Circular(1, 1000),
        .maxHistoryDataResponseSize = 100,
        .historizingUpdateStrategy = UA_HISTORIZINGUPDATESTRATEGY_VALUESET,
    };
    UA_NodeId counter = id("Counter");
    check(gathering.registerNodeId(server, gathering.context, &counter, settings), "history");
}

static UA_StatusCode sum(UA_Server *server, const UA_NodeId *session, void *session_context, const UA_NodeId *method,
                         void *method_context, const UA_NodeId *object, void *object_context, size_t inputs,
                         const UA_Variant *input, size_t outputs, UA_Variant *output) {
    (void)server, (void)session, (void)session_context, (void)method, (void)method_context;
    (void)object, (void)object_context, (void)inputs, (void)outputs;
    UA_Int32 result = *(UA_Int32 *)input[0].data + *(UA_Int32 *)input[1].data;
    return UA_Variant_setScalarCopy(output, &result, &UA_TYPES[UA_TYPES_INT32]);
}

static UA_Argument argument(char *name) {
    UA_Argument argument;
    UA_Argument_init(&argument);
    argument.name = UA_STRING(name);
    argument.dataType = UA_TYPES[UA_TYPES_INT32].typeId;
    argument.valueRank = UA_VALUERANK_SCALAR;
    return argument;
}

static void add_method(UA_Server *server) {
    UA_Argument inputs[] = {argument("a"), argument("b")}, output = argument("sum");
    UA_MethodAttributes attributes = UA_MethodAttributes_default;
    attributes.displayName = UA_LOCALIZEDTEXT("", "Add");
    attributes.executable = attributes.userExecutable = true;
    check(UA_Server_addMethodNode(server, id("Add"), id("Interop"), UA_NS0ID(HASCOMPONENT),
                                  UA_QUALIFIEDNAME(ns, "Add"), attributes, sum, 2, inputs, 1, &output, NULL, NULL),
          "Add");
}

/* ---- life ---- */

/* Counts, which is kept as history, and emits an event. */
static void tick(UA_Server *server, void *data) {
    (void)data;
    static UA_UInt32 count;
    count++;
    UA_DataValue value;
    UA_DataValue_init(&value);
    UA_Variant_setScalar(&value.value, &count, &UA_TYPES[UA_TYPES_UINT32]);
    value.hasValue = value.hasSourceTimestamp = value.hasServerTimestamp = true;
    value.sourceTimestamp = value.serverTimestamp = UA_DateTime_now();
    UA_Server_writeDataValue(server, id("Counter"), value);
    char text[32];
    snprintf(text, sizeof text, "tick %u", count);
    UA_Server_createEvent(server, UA_NS0ID(SERVER), UA_NS0ID(BASEEVENTTYPE), 500, UA_LOCALIZEDTEXT("", text), NULL,
                          NULL, NULL);
}

int main(int count, char **arguments) {
    Options options = flags(count, arguments);
    signal(SIGTERM, stop);
    signal(SIGINT, stop);
    truth = options.truth ? fopen(options.truth, "a") : NULL;
    UA_ServerConfig initial = {0};
    configure(&initial, &options);
    UA_Server *server = UA_Server_newWithConfig(&initial);
    ns = UA_Server_addNamespace(server, NAMESPACE);
    add_folder(server);
    add_samples(server);
    add_setpoint(server);
    add_counter(server);
    add_method(server);
    check(UA_Server_addRepeatedCallback(server, tick, NULL, TICK_MS, NULL), "timer");
    check(UA_Server_run_startup(server), "start");
    if(options.reverse)
        check(UA_Server_addReverseConnect(server, UA_STRING((char *)(uintptr_t)options.reverse), NULL, NULL, NULL),
              "reverse connect");
    printf("READY opc.tcp://127.0.0.1:%u\n", options.port);
    fflush(stdout);
    while(running)
        UA_Server_run_iterate(server, true);
    UA_Server_run_shutdown(server);
    return 0;
}
