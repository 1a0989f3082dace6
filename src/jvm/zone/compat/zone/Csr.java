package compat.zone;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import javax.security.auth.x500.X500Principal;
import net.corda.core.crypto.Crypto;
import net.corda.core.identity.CordaX500Name;
import net.corda.core.internal.CertRole;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.pkcs.Attribute;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;

/** What a node asks the doorman for: a PKCS#10 request whose signature proves that the asker holds the key. */
final class Csr {
    /** The role that the certificate shall have, as Corda's own nodes ask for it; without it a node's authority is meant. */
    private static final ASN1ObjectIdentifier ROLE = new ASN1ObjectIdentifier("1.3.6.1.4.1.50530.1.1");

    final String subject;
    /** Null where Corda does not accept the subject; then `problem` says why. */
    final CordaX500Name name;
    final String problem;
    final PublicKey key;
    final CertRole role;
    final byte[] der;

    private Csr(String subject, CordaX500Name name, String problem, PublicKey key, CertRole role, byte[] der) {
        this.subject = subject;
        this.name = name;
        this.problem = problem;
        this.key = key;
        this.role = role;
        this.der = der;
    }

    /** @throws Refusal where the bytes are no request, or its signature is not that of its key */
    static Csr read(byte[] der) throws Refusal {
        JcaPKCS10CertificationRequest request;
        PublicKey key;
        CertRole role;
        X500Principal subject;
        try {
            request = new JcaPKCS10CertificationRequest(der);
            key = Crypto.toSupportedPublicKey(request.getPublicKey());
            role = roleOf(request);
            subject = new X500Principal(request.getSubject().getEncoded());
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            throw Refusal.malformed("the body is no certificate signing request that Corda sends: " + e.getMessage(), e);
        }
        if (!isSignedBy(key, request)) {
            throw Refusal.malformed("the signature of the certificate signing request is not that of its key");
        }
        try {
            CordaX500Name name = CordaX500Name.build(subject);
            return new Csr(name.toString(), name, null, key, role, der);
        } catch (IllegalArgumentException e) {
            return new Csr(subject.getName(), null, e.getMessage(), key, role, der);
        }
    }

    private static CertRole roleOf(JcaPKCS10CertificationRequest request) {
        Attribute[] attributes = request.getAttributes(ROLE);
        if (attributes.length == 0) {
            return CertRole.NODE_CA;
        }
        return CertRole.Companion.getInstance(
                ASN1Integer.getInstance(attributes[0].getAttrValues().getObjectAt(0)));
    }

    private static boolean isSignedBy(PublicKey key, JcaPKCS10CertificationRequest request) {
        try {
            byte[] signed =
                    request.toASN1Structure().getCertificationRequestInfo().getEncoded(ASN1Encoding.DER);
            return Crypto.isValid(key, request.getSignature(), signed);
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            return false;
        }
    }
}
