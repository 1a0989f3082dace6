package compat.zone;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Base64;
import net.corda.core.internal.CertRole;

/** A request that the doorman has taken, and what became of it. Immutable. */
final class CertificateRequest {
    enum State { PENDING, APPROVED, REFUSED }

    private static final ObjectMapper MAPPER = new ObjectMapper();

    final String id;
    final Csr csr;
    final State state;
    /** Why it was refused; null otherwise. */
    final String reason;
    /** Null unless approved. */
    final X509Certificate certificate;
    /** As the node's headers say it; empty where they do not. */
    final String platformVersion;
    final String clientVersion;

    private CertificateRequest(
            String id, Csr csr, State state, String reason, X509Certificate certificate, String platform, String client) {
        this.id = id;
        this.csr = csr;
        this.state = state;
        this.reason = reason;
        this.certificate = certificate;
        this.platformVersion = platform;
        this.clientVersion = client;
    }

    static CertificateRequest pending(String id, Csr csr, String platformVersion, String clientVersion) {
        return new CertificateRequest(id, csr, State.PENDING, null, null, platformVersion, clientVersion);
    }

    CertificateRequest refused(String why) {
        return new CertificateRequest(id, csr, State.REFUSED, why, null, platformVersion, clientVersion);
    }

    CertificateRequest approved(X509Certificate issued) {
        return new CertificateRequest(id, csr, State.APPROVED, null, issued, platformVersion, clientVersion);
    }

    boolean isService() {
        return csr.role == CertRole.SERVICE_IDENTITY;
    }

    /** Names that differ in upper and lower case only would be taken for each other. */
    boolean hasNameOf(Csr other) {
        return csr.subject.equalsIgnoreCase(other.subject);
    }

    boolean hasKeyOf(Csr other) {
        return csr.key.equals(other.key);
    }

    /** What people may see of it. */
    ObjectNode view() {
        ObjectNode view = MAPPER.createObjectNode();
        view.put("id", id);
        view.put("name", csr.subject);
        view.put("role", csr.role.name());
        view.put("state", state.name().toLowerCase());
        view.put("reason", reason);
        view.put("platformVersion", platformVersion);
        view.put("clientVersion", clientVersion);
        return view;
    }

    byte[] toJson() throws IOException {
        ObjectNode json = view();
        try {
            json.put("csr", Base64.getEncoder().encodeToString(csr.der));
            json.put("certificate", certificate == null ? null : Base64.getEncoder().encodeToString(certificate.getEncoded()));
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
        return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(json);
    }

    static CertificateRequest fromJson(byte[] content) throws IOException, GeneralSecurityException, Refusal {
        JsonNode json = MAPPER.readTree(content);
        Csr csr = Csr.read(Base64.getDecoder().decode(json.path("csr").asText()));
        CertificateRequest request = pending(
                json.path("id").asText(), csr, json.path("platformVersion").asText(), json.path("clientVersion").asText());
        switch (State.valueOf(json.path("state").asText().toUpperCase())) {
            case APPROVED:
                byte[] der = Base64.getDecoder().decode(json.path("certificate").asText());
                CertificateFactory factory = CertificateFactory.getInstance("X.509");
                return request.approved((X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der)));
            case REFUSED:
                return request.refused(json.path("reason").asText());
            default:
                return request;
        }
    }
}
