package compat.zone;

import com.fasterxml.jackson.databind.ObjectMapper;
import compat.common.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.UUID;
import net.corda.core.identity.CordaX500Name;
import net.corda.core.internal.CertRole;

/** Takes certificate signing requests and decides: at once where all or the name's owner is let in, later otherwise. */
final class Doorman {
    private static final String APPROVED = "approved-names.json";

    private final ObjectMapper mapper = new ObjectMapper();
    private final Storage storage;
    private final Authority authority;
    private final boolean approveAll;
    private final Map<String, CertificateRequest> requests = new LinkedHashMap<>();
    private final TreeSet<String> approvedNames = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);

    Doorman(Storage storage, Authority authority, boolean approveAll) throws IOException, InputException {
        this.storage = storage;
        this.authority = authority;
        this.approveAll = approveAll;
        for (Path file : storage.list("requests")) {
            try {
                CertificateRequest request = CertificateRequest.fromJson(Files.readAllBytes(file));
                requests.put(request.id, request);
            } catch (GeneralSecurityException | IOException | RuntimeException | Refusal e) {
                throw new InputException(file + " is no stored request: " + e, e);
            }
        }
        byte[] names = storage.read(APPROVED);
        if (names != null) {
            mapper.readTree(names).forEach(name -> approvedNames.add(name.asText()));
        }
    }

    /**
     * Takes a request. What is wrong with it is told when its certificate is asked for, as the protocol has it; the same
     * request once more is the same one, since a node may die between sending it and writing down its id.
     */
    synchronized CertificateRequest submit(byte[] der, String platformVersion, String clientVersion)
            throws Refusal, IOException {
        Csr csr = Csr.read(der);
        for (CertificateRequest known : requests.values()) {
            if (known.csr.subject.equals(csr.subject) && known.hasKeyOf(csr) && known.csr.role == csr.role) {
                return known;
            }
        }
        // Numbered, so that they are told in their order after a restart as well.
        String id = String.format("%06d-%s", requests.size() + 1, UUID.randomUUID());
        CertificateRequest request = CertificateRequest.pending(id, csr, platformVersion, clientVersion);
        String reason = reasonAgainst(csr);
        if (reason != null) {
            request = request.refused(reason);
        } else if (approveAll || approvedNames.contains(csr.subject)) {
            request = certified(request);
        }
        keep(request);
        return request;
    }

    synchronized CertificateRequest find(String id) throws Refusal {
        CertificateRequest found = requests.get(id);
        if (found == null) {
            throw Refusal.unknown("there is no certificate signing request " + id);
        }
        return found;
    }

    List<X509Certificate> chainOf(CertificateRequest approved) {
        return authority.chainOf(approved.certificate);
    }

    /** Lets names in, now and later. @return the requests that waited for it */
    synchronized List<CertificateRequest> approve(Collection<CordaX500Name> names) throws IOException {
        names.forEach(name -> approvedNames.add(name.toString()));
        storage.write(APPROVED, mapper.writeValueAsBytes(approvedNames));
        List<CertificateRequest> decided = new ArrayList<>();
        for (CertificateRequest request : all()) {
            if (request.state == CertificateRequest.State.PENDING && approvedNames.contains(request.csr.subject)) {
                decided.add(keep(certified(request)));
            }
        }
        return decided;
    }

    /** @throws Refusal where it is decided already */
    synchronized CertificateRequest refuse(String id, String reason) throws Refusal, IOException {
        CertificateRequest request = find(id);
        if (request.state != CertificateRequest.State.PENDING) {
            throw Refusal.conflict("the request " + id + " of " + request.csr.subject + " is " + request.state.name().toLowerCase());
        }
        return keep(request.refused(reason));
    }

    synchronized List<CertificateRequest> all() {
        return new ArrayList<>(requests.values());
    }

    synchronized long count(CertificateRequest.State state) {
        return requests.values().stream().filter(request -> request.state == state).count();
    }

    /** Whether a certificate is one that was issued here for this name and role, and not merely one that looks like it. */
    synchronized boolean hasIssued(X509Certificate certificate, CordaX500Name name, CertRole role) {
        return requests.values().stream().anyMatch(request -> request.state == CertificateRequest.State.APPROVED
                && request.csr.role == role
                && request.csr.name.equals(name)
                && request.certificate.equals(certificate));
    }

    private String reasonAgainst(Csr csr) {
        if (csr.name == null) {
            return "the name \"" + csr.subject + "\" is none that Corda accepts: " + csr.problem;
        }
        if (csr.role != CertRole.NODE_CA && csr.role != CertRole.SERVICE_IDENTITY) {
            return "a certificate of role " + csr.role + " is not given to nodes";
        }
        for (CertificateRequest other : requests.values()) {
            if (other.state == CertificateRequest.State.REFUSED) {
                continue;
            }
            if (other.hasNameOf(csr)) {
                return "the name \"" + csr.subject + "\" is taken";
            }
            if (other.hasKeyOf(csr)) {
                return "the key is that of \"" + other.csr.subject + "\"";
            }
        }
        return null;
    }

    private CertificateRequest certified(CertificateRequest request) {
        Csr csr = request.csr;
        return request.approved(authority.certify(csr.name, csr.key, request.isService()).get(0));
    }

    /** On disk before anybody is told of it. */
    private CertificateRequest keep(CertificateRequest request) throws IOException {
        storage.write("requests/" + request.id + ".json", request.toJson());
        requests.put(request.id, request);
        Log.say("certificate for " + request.csr.subject + " (" + request.csr.role + ", Corda " + request.clientVersion + ") "
                + request.state.name().toLowerCase() + (request.reason == null ? "" : ": " + request.reason));
        return request;
    }
}
