package compat.zone;

import compat.common.Serialization;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import net.corda.nodeapi.internal.network.NetworkMap;

/** What nodes ask: the doorman's protocol and the network map's. */
final class ZoneRoutes {
    private static final String SERIALIZED = "application/octet-stream";

    private final Serialization serialization;
    private final Authority authority;
    private final Doorman doorman;
    private final NodeInfos nodeInfos;
    private final ZoneParameters parameters;
    private final Acknowledgements acknowledgements;

    ZoneRoutes(
            Serialization serialization,
            Authority authority,
            Doorman doorman,
            NodeInfos nodeInfos,
            ZoneParameters parameters,
            Acknowledgements acknowledgements) {
        this.serialization = serialization;
        this.authority = authority;
        this.doorman = doorman;
        this.nodeInfos = nodeInfos;
        this.parameters = parameters;
        this.acknowledgements = acknowledgements;
    }

    void addTo(Routes routes) {
        routes.add("POST /certificate", call ->
                Reply.text(200, doorman.submit(call.body, call.platformVersion, call.clientVersion).id));
        routes.add("GET /certificate/{id}", this::certificate);
        routes.add("GET /network-map", call -> networkMap());
        routes.add("POST /network-map/publish", call -> {
            nodeInfos.publish(call.body);
            return Reply.empty(200);
        });
        routes.add("POST /network-map/ack-parameters", call -> {
            acknowledgements.take(call.body);
            return Reply.empty(200);
        });
        routes.add("GET /network-map/node-info/{id}", call ->
                Reply.bytes(SERIALIZED, nodeInfos.find(call.id).content));
        routes.add("GET /network-map/network-parameters/{id}", call ->
                Reply.bytes(SERIALIZED, parameters.find(call.id)));
        routes.add("GET /network-map/my-hostname", call -> Reply.text(200, call.host));
    }

    private Reply certificate(Call call) throws Exception {
        CertificateRequest request = doorman.find(call.id);
        switch (request.state) {
            case APPROVED:
                return Reply.bytes("application/zip", zip(doorman.chainOf(request)));
            case REFUSED:
                return Reply.text(401, request.reason);
            default:
                return Reply.empty(204).askAgain();
        }
    }

    private Reply networkMap() throws Exception {
        NetworkMap map = new NetworkMap(nodeInfos.hashes(), parameters.hash(), null);
        byte[] signed = serialization.serialize(serialization.sign(map, authority.networkMap)).getBytes();
        return Reply.bytes(SERIALIZED, signed).askAgain();
    }

    /** The order counts: the certificate itself first. */
    private static byte[] zip(List<X509Certificate> chain) throws IOException, GeneralSecurityException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(out)) {
            int number = 0;
            for (X509Certificate certificate : chain) {
                zip.putNextEntry(new ZipEntry(number++ + ".cer"));
                zip.write(certificate.getEncoded());
                zip.closeEntry();
            }
        }
        return out.toByteArray();
    }
}
