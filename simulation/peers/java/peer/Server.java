package peer;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.Security;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.eclipse.milo.opcua.sdk.server.EndpointConfig;
import org.eclipse.milo.opcua.sdk.server.OpcUaServer;
import org.eclipse.milo.opcua.sdk.server.OpcUaServerConfig;
import org.eclipse.milo.opcua.sdk.server.identity.AnonymousIdentityValidator;
import org.eclipse.milo.opcua.sdk.server.identity.CompositeValidator;
import org.eclipse.milo.opcua.sdk.server.identity.UsernameIdentityValidator;
import org.eclipse.milo.opcua.sdk.server.identity.X509IdentityValidator;
import org.eclipse.milo.opcua.stack.core.NodeIds;
import org.eclipse.milo.opcua.stack.core.security.CertificateStore;
import org.eclipse.milo.opcua.stack.core.security.CertificateValidator;
import org.eclipse.milo.opcua.stack.core.security.DefaultApplicationGroup;
import org.eclipse.milo.opcua.stack.core.security.DefaultCertificateManager;
import org.eclipse.milo.opcua.stack.core.security.MemoryCertificateQuarantine;
import org.eclipse.milo.opcua.stack.core.security.MemoryCertificateStore;
import org.eclipse.milo.opcua.stack.core.security.MemoryTrustListManager;
import org.eclipse.milo.opcua.stack.core.security.RsaSha256CertificateFactory;
import org.eclipse.milo.opcua.stack.core.security.SecurityPolicy;
import org.eclipse.milo.opcua.stack.core.types.builtin.LocalizedText;
import org.eclipse.milo.opcua.stack.core.types.enumerated.MessageSecurityMode;
import org.eclipse.milo.opcua.stack.transport.server.tcp.OpcTcpServerTransport;
import org.eclipse.milo.opcua.stack.transport.server.tcp.OpcTcpServerTransportConfig;

/**
 * The address space of the interop peers (see ../README.md) on Eclipse Milo.
 *
 * <pre>peer.Server --port 4841 --data DIR --truth FILE [--pki DIR]</pre>
 *
 * Prints READY and its URL; stops on SIGTERM.
 */
public final class Server {
  static final String NAMESPACE = "urn:iiot:peer:interop";

  public static void main(String[] arguments) throws Exception {
    Security.addProvider(new BouncyCastleProvider()); // the JDK lacks the padding of two policies
    Map<String, String> flags = flags(arguments);
    int port = Integer.parseInt(flags.get("--port"));
    OpcUaServer server = new OpcUaServer(config(port, flags.get("--pki")), profile -> {
      return new OpcTcpServerTransport(OpcTcpServerTransportConfig.newBuilder().build());
    });
    AddressSpace space = new AddressSpace(server, flags.get("--truth"));
    space.startup();
    server.startup().get();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> server.shutdown().join()));
    System.out.println("READY opc.tcp://127.0.0.1:" + port);
    System.out.flush();
  }

  private static Map<String, String> flags(String[] arguments) {
    Map<String, String> flags = new HashMap<>();
    for (int i = 0; i + 1 < arguments.length; i += 2) {
      flags.put(arguments[i], arguments[i + 1]);
    }
    return flags;
  }

  /** Any application and user certificate, nobody at all, and user with secret. */
  private static OpcUaServerConfig config(int port, String pki) throws Exception {
    Own own = pki == null ? null : Own.load(Path.of(pki));
    return OpcUaServerConfig.builder()
        .setApplicationName(LocalizedText.english("iiot interop peer"))
        .setApplicationUri(NAMESPACE)
        .setProductUri(NAMESPACE)
        .setEndpoints(endpoints(port, own))
        .setCertificateManager(certificates(own))
        .setIdentityValidator(new CompositeValidator(
            new AnonymousIdentityValidator(),
            new UsernameIdentityValidator(challenge ->
                "user".equals(challenge.getUsername()) && "secret".equals(challenge.getPassword())),
            new X509IdentityValidator(certificate -> true)))
        .build();
  }

  /** Every policy that the stack has, also those that are deprecated. */
  private static Set<EndpointConfig> endpoints(int port, Own own) {
    Set<EndpointConfig> endpoints = new LinkedHashSet<>();
    for (SecurityPolicy policy : SecurityPolicy.values()) {
      if (policy == SecurityPolicy.None) {
        endpoints.add(endpoint(port, own, policy, MessageSecurityMode.None));
      } else if (own != null) {
        endpoints.add(endpoint(port, own, policy, MessageSecurityMode.Sign));
        endpoints.add(endpoint(port, own, policy, MessageSecurityMode.SignAndEncrypt));
      }
    }
    return endpoints;
  }

  private static EndpointConfig endpoint(int port, Own own, SecurityPolicy policy, MessageSecurityMode mode) {
    EndpointConfig.Builder builder = new EndpointConfig.Builder()
        .setBindAddress("127.0.0.1")
        .setHostname("127.0.0.1")
        .setBindPort(port)
        .setSecurityPolicy(policy)
        .setSecurityMode(mode)
        .addTokenPolicy(OpcUaServerConfig.USER_TOKEN_POLICY_ANONYMOUS);
    if (own != null) {
      builder.setCertificate(own.certificate)
          .addTokenPolicy(OpcUaServerConfig.USER_TOKEN_POLICY_USERNAME)
          .addTokenPolicy(OpcUaServerConfig.USER_TOKEN_POLICY_X509);
    }
    return builder.build();
  }

  private static DefaultCertificateManager certificates(Own own) throws Exception {
    MemoryCertificateQuarantine quarantine = new MemoryCertificateQuarantine();
    if (own == null) {
      return new DefaultCertificateManager(quarantine);
    }
    MemoryCertificateStore store = new MemoryCertificateStore();
    store.set(NodeIds.RsaSha256ApplicationCertificateType,
        new CertificateStore.Entry(own.key, new X509Certificate[] {own.certificate}));
    return new DefaultCertificateManager(quarantine, DefaultApplicationGroup.createAndInitialize(
        new MemoryTrustListManager(), store, new NoFactory(), new CertificateValidator.InsecureCertificateValidator()));
  }

  /** The certificate is there already, so nothing has to be made. */
  private static final class NoFactory extends RsaSha256CertificateFactory {
    @Override
    protected KeyPair createRsaSha256KeyPair() {
      throw new UnsupportedOperationException("makes no keys");
    }

    @Override
    protected X509Certificate[] createRsaSha256CertificateChain(KeyPair pair) {
      throw new UnsupportedOperationException("makes no certificates");
    }
  }

  private record Own(PrivateKey key, X509Certificate certificate) {
    static Own load(Path folder) throws Exception {
      String pem = Files.readString(folder.resolve("key.pem")).replaceAll("-----[A-Z ]+-----|\\s", "");
      PrivateKey key = KeyFactory.getInstance("RSA")
          .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
      try (var der = Files.newInputStream(folder.resolve("self-signed.der"))) {
        var certificate = (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(der);
        return new Own(key, certificate);
      }
    }
  }

  private Server() {}
}
