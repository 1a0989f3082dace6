package compat.common;

import java.security.GeneralSecurityException;
import java.util.Collections;
import java.util.List;
import net.corda.core.crypto.Crypto;
import net.corda.core.internal.DigitalSignatureWithCert;
import net.corda.core.internal.SignedDataWithCert;
import net.corda.core.serialization.SerializationContext;
import net.corda.core.serialization.SerializationFactory;
import net.corda.core.serialization.SerializedBytes;
import net.corda.core.serialization.internal.SerializationEnvironment;
import net.corda.core.serialization.internal.SerializationEnvironmentKt;
import net.corda.nodeapi.internal.crypto.CertificateAndKeyPair;
import net.corda.serialization.internal.SerializationFactoryImpl;
import net.corda.serialization.internal.SerializationScheme;
import net.corda.serialization.internal.SharedContexts;

/** Corda's AMQP serialization outside a node. */
public final class Serialization {
    /** The server scheme moved between modules: corda-node at 4.0, corda-node-api from 4.1 on. */
    private static final String[] SCHEMES = {
        "net.corda.nodeapi.internal.serialization.amqp.AMQPServerSerializationScheme",
        "net.corda.node.serialization.amqp.AMQPServerSerializationScheme",
    };

    private final SerializationFactory factory;
    private final SerializationContext context = SharedContexts.getAMQP_P2P_CONTEXT();

    private Serialization(SerializationFactory factory) {
        this.factory = factory;
    }

    /** Sets the JVM's serialization up; to be called once. */
    public static Serialization start() throws InputException {
        SerializationFactoryImpl factory = new SerializationFactoryImpl();
        factory.registerScheme(scheme());
        SerializationEnvironment environment = SerializationEnvironment.Companion.with(
                factory, SharedContexts.getAMQP_P2P_CONTEXT(), null, null, null, null, null);
        SerializationEnvironmentKt.setNodeSerializationEnv(environment);
        return new Serialization(factory);
    }

    public <T> SerializedBytes<T> serialize(T object) {
        return factory.serialize(object, context);
    }

    /** Signed as a network map and its parameters are: with the certificate of the signer beside. */
    public <T> SignedDataWithCert<T> sign(T object, CertificateAndKeyPair signer) throws GeneralSecurityException {
        SerializedBytes<T> raw = serialize(object);
        byte[] signature = Crypto.doSign(signer.getKeyPair().getPrivate(), raw.getBytes());
        return new SignedDataWithCert<>(raw, new DigitalSignatureWithCert(signer.getCertificate(), signature));
    }

    /** @throws InputException what the bytes are not */
    public <T> T deserialize(byte[] bytes, Class<T> type) throws InputException {
        try {
            return factory.deserialize(new SerializedBytes<T>(bytes), type, context);
        } catch (RuntimeException e) {
            throw new InputException("no serialized " + type.getSimpleName() + ": " + e, e);
        }
    }

    private static SerializationScheme scheme() throws InputException {
        for (String name : SCHEMES) {
            try {
                Class<?> type = Class.forName(name);
                return (SerializationScheme) type.getConstructor(List.class).newInstance(Collections.emptyList());
            } catch (ClassNotFoundException e) {
                // The next release's place.
            } catch (ReflectiveOperationException e) {
                throw new InputException("this release's " + name + " cannot be made: " + e, e);
            }
        }
        throw new InputException("this release has no AMQP server serialization where 4.0 to 4.10 have it");
    }
}
