/* A device under push management (OPC 10000-12 §7.10) on open62541.
 *
 *   device --port 4841 --data DIR --pki DIR --manager FILE [--session-timeout MS]
 *
 * New from the factory it has the key and the self-signed certificate of --pki and trusts the client certificate of
 * --manager (DER) alone. Who is `admin` with the password `secret` may change its trust list and certificate, on an
 * encrypted channel. What was changed lies in --data and survives a restart. Prints READY <url>; stops on SIGTERM. */
#include <open62541/plugin/accesscontrol_default.h>
#include <open62541/plugin/log_stdout.h>
#include <open62541/server.h>
#include <open62541/server_config_default.h>

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define APPLICATION_URI "urn:iiot:peer:device"
#define LARGEST_FILE (1 << 16)
#define LARGEST_TRUST_LIST (1 << 20)
#define ADMINISTRATES UA_QUALIFIEDNAME(1, "administrates")

typedef struct {
    UA_UInt16 port;
    UA_Double session_timeout;
    const char *data, *pki, *manager;
} Options;

typedef UA_StatusCode (*Activate)(UA_Server *, UA_AccessControl *, const UA_EndpointDescription *,
                                  const UA_ByteString *, const UA_NodeId *, const UA_ExtensionObject *, void **);

static volatile sig_atomic_t running = 1;
static Activate activate_default;

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
    Options options = {.session_timeout = 60000};
    for(int i = 1; i + 1 < count; i += 2) {
        const char *name = arguments[i], *value = arguments[i + 1];
        if(!strcmp(name, "--port")) options.port = (UA_UInt16)atoi(value);
        else if(!strcmp(name, "--data")) options.data = value;
        else if(!strcmp(name, "--pki")) options.pki = value;
        else if(!strcmp(name, "--manager")) options.manager = value;
        else if(!strcmp(name, "--session-timeout")) options.session_timeout = atof(value);
    }
    if(!options.data || !options.pki || !options.manager) {
        fprintf(stderr, "--data, --pki and --manager are needed\n");
        exit(1);
    }
    return options;
}

/* ---- files ---- */

static UA_ByteString content(const char *path) {
    FILE *file = fopen(path, "rb");
    UA_ByteString bytes;
    check(UA_ByteString_allocBuffer(&bytes, LARGEST_FILE), "memory");
    if(!file || !(bytes.length = fread(bytes.data, 1, LARGEST_FILE, file))) {
        fprintf(stderr, "%s cannot be read\n", path);
        exit(1);
    }
    fclose(file);
    return bytes;
}

/* The newest file of a folder; false if there is none. */
static bool newest(const char *folder, char *found, size_t size) {
    DIR *directory = opendir(folder);
    struct dirent *entry;
    struct timespec latest = {0};
    bool any = false;
    while(directory && (entry = readdir(directory))) {
        char path[8192];
        struct stat status;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if(stat(path, &status) || !S_ISREG(status.st_mode))
            continue;
        struct timespec changed = status.st_mtim;
        if(any && (changed.tv_sec < latest.tv_sec ||
                   (changed.tv_sec == latest.tv_sec && changed.tv_nsec < latest.tv_nsec)))
            continue;
        latest = changed;
        any = snprintf(found, size, "%s", path) < (int)size;
    }
    if(directory)
        closedir(directory);
    return any;
}

/* ---- who may administrate ---- */

static UA_StatusCode activate(UA_Server *server, UA_AccessControl *control, const UA_EndpointDescription *endpoint,
                              const UA_ByteString *certificate, const UA_NodeId *session,
                              const UA_ExtensionObject *token, void **context) {
    UA_StatusCode status = activate_default(server, control, endpoint, certificate, session, token, context);
    if(status != UA_STATUSCODE_GOOD)
        return status;
    const UA_UserNameIdentityToken *user = (const UA_UserNameIdentityToken *)token->content.decoded.data;
    UA_String admin = UA_STRING("admin");
    UA_Boolean may = endpoint->securityMode == UA_MESSAGESECURITYMODE_SIGNANDENCRYPT &&
                     token->content.decoded.type == &UA_TYPES[UA_TYPES_USERNAMEIDENTITYTOKEN] &&
                     UA_String_equal(&user->userName, &admin);
    UA_Variant value;
    UA_Variant_setScalar(&value, &may, &UA_TYPES[UA_TYPES_BOOLEAN]);
    return UA_Server_setSessionAttribute(server, session, ADMINISTRATES, &value);
}

/* The stack's own rule lets everybody call everything. */
static UA_Boolean may_call(UA_Server *server, UA_AccessControl *control, const UA_NodeId *session, void *context,
                           const UA_NodeId *method, void *method_context, const UA_NodeId *object,
                           void *object_context) {
    (void)control, (void)context, (void)method, (void)method_context, (void)object_context;
    const UA_NodeId guarded[] = {
        UA_NS0ID(SERVERCONFIGURATION),
        UA_NS0ID(SERVERCONFIGURATION_CERTIFICATEGROUPS_DEFAULTAPPLICATIONGROUP_TRUSTLIST),
        UA_NS0ID(SERVERCONFIGURATION_CERTIFICATEGROUPS_DEFAULTUSERTOKENGROUP_TRUSTLIST),
    };
    UA_Boolean administrates = false;
    UA_Server_getSessionAttribute_scalar(server, session, ADMINISTRATES, &UA_TYPES[UA_TYPES_BOOLEAN], &administrates);
    for(size_t i = 0; i < sizeof guarded / sizeof *guarded; i++)
        if(UA_NodeId_equal(object, &guarded[i]))
            return administrates;
    return true;
}

static void control_access(UA_ServerConfig *config) {
    UA_UsernamePasswordLogin users[] = {{UA_STRING_STATIC("admin"), UA_STRING_STATIC("secret")},
                                        {UA_STRING_STATIC("operator"), UA_STRING_STATIC("secret")}};
    check(UA_AccessControl_default(config, true, NULL, 2, users), "access control");
    activate_default = config->accessControl.activateSession;
    config->accessControl.activateSession = activate;
    config->accessControl.getUserExecutableOnObject = may_call;
}

/* ---- certificates ---- */

/* The stack writes each certificate that it is given into its store, and loads none of them again by itself. */
static UA_ByteString own_certificate(const Options *options) {
    char folder[4096], path[8192];
    snprintf(folder, sizeof folder, "%s/store/ApplCerts/own/certs", options->data);
    if(!newest(folder, path, sizeof path))
        snprintf(path, sizeof path, "%s/self-signed.der", options->pki);
    return content(path);
}

static void trust_the_manager(UA_ServerConfig *config, const Options *options) {
    UA_ByteString manager = content(options->manager);
    UA_TrustListDataType list = {.specifiedLists = UA_TRUSTLISTMASKS_TRUSTEDCERTIFICATES,
                                 .trustedCertificatesSize = 1, .trustedCertificates = &manager};
    check(config->secureChannelPKI.setTrustList(&config->secureChannelPKI, &list), "trust list");
    UA_ByteString_clear(&manager);
}

static void configure(UA_ServerConfig *config, const Options *options) {
    char store[4096], key_path[4096], url[64];
    struct stat status;
    snprintf(store, sizeof store, "%s/store", options->data);
    snprintf(key_path, sizeof key_path, "%s/key.pem", options->pki);
    bool is_new = stat(store, &status);
    UA_ByteString certificate = own_certificate(options), key = content(key_path);
    config->logging = UA_Log_Stdout_new(UA_LOGLEVEL_WARNING);
    config->maxTrustListSize = LARGEST_TRUST_LIST;
    check(UA_ServerConfig_setDefaultWithFilestore(config, options->port, &certificate, &key, UA_STRING(store)),
          "configuration");
    if(is_new)
        trust_the_manager(config, options);
    control_access(config);
    config->maxSessionTimeout = options->session_timeout;
    UA_String_clear(&config->applicationDescription.applicationUri);
    config->applicationDescription.applicationUri = UA_STRING_ALLOC(APPLICATION_URI);
    snprintf(url, sizeof url, "opc.tcp://127.0.0.1:%u", options->port);
    UA_String_clear(&config->serverUrls[0]);
    config->serverUrls[0] = UA_STRING_ALLOC(url);
    UA_ByteString_clear(&certificate);
    UA_ByteString_clear(&key);
}

int main(int count, char **arguments) {
    Options options = flags(count, arguments);
    signal(SIGTERM, stop);
    signal(SIGINT, stop);
    UA_ServerConfig initial = {0};
    configure(&initial, &options);
    UA_Server *server = UA_Server_newWithConfig(&initial);
    check(UA_Server_run_startup(server), "start");
    printf("READY opc.tcp://127.0.0.1:%u\n", options.port);
    fflush(stdout);
    while(running)
        UA_Server_run_iterate(server, true);
    UA_Server_run_shutdown(server);
    return 0;
}
