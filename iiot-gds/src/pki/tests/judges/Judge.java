import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertPathValidator;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.Date;
import java.util.List;
import java.util.Set;

/** Judges chains by the path validation of the Java platform: the first argument is the time, the others are folders. */
public class Judge {
    public static void main(String[] arguments) throws Exception {
        Date at = new Date(Long.parseLong(arguments[0]) * 1000);
        for (int place = 1; place < arguments.length; place++) {
            Path folder = Path.of(arguments[place]);
            String verdict;
            try {
                validate(folder, at);
                verdict = "trusted";
            } catch (Exception refusal) {
                verdict = "refused " + refusal.getMessage();
            }
            System.out.println(folder.getFileName() + " " + verdict.replace('\n', ' '));
        }
    }

    static void validate(Path folder, Date at) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        TrustAnchor root = new TrustAnchor(certificate(factory, folder.resolve("root.der")), null);
        PKIXParameters parameters = new PKIXParameters(Set.of(root));
        try (InputStream ofRoot = Files.newInputStream(folder.resolve("root.crl"));
                InputStream ofIssuing = Files.newInputStream(folder.resolve("issuing.crl"))) {
            List<?> lists = List.of(factory.generateCRL(ofRoot), factory.generateCRL(ofIssuing));
            parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(lists)));
        }
        parameters.setRevocationEnabled(true);
        parameters.setDate(at);
        List<X509Certificate> chain =
                List.of(certificate(factory, folder.resolve("leaf.der")), certificate(factory, folder.resolve("issuing.der")));
        CertPathValidator.getInstance("PKIX").validate(factory.generateCertPath(chain), parameters);
    }

    static X509Certificate certificate(CertificateFactory factory, Path file) throws Exception {
        try (InputStream bytes = Files.newInputStream(file)) {
            return (X509Certificate) factory.generateCertificate(bytes);
        }
    }
}
