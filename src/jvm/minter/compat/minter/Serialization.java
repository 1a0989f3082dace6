package compat.minter;

import java.util.Collections;
import java.util.List;
import net.corda.core.serialization.SerializationContext;
import net.corda.core.serialization.SerializationFactory;
import net.corda.core.serialization.SerializedBytes;
import net.corda.core.serialization.internal.SerializationEnvironment;
import net.corda.core.serialization.internal.SerializationEnvironmentKt;
import net.corda.serialization.internal.SerializationFactoryImpl;
import net.corda.serialization.internal.SerializationScheme;
import net.corda.serialization.internal.SharedContexts;

/** Corda's AMQP serialization outside a node. */
final class Serialization {
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
    static Serialization start() throws MintException {
        SerializationFactoryImpl factory = new SerializationFactoryImpl();
        factory.registerScheme(scheme());
        SerializationEnvironment environment = SerializationEnvironment.Companion.with(
                factory, SharedContexts.getAMQP_P2P_CONTEXT(), null, null, null, null, null);
        SerializationEnvironmentKt.setNodeSerializationEnv(environment);
        return new Serialization(factory);
    }

    <T> SerializedBytes<T> serialize(T object) {
        return factory.serialize(object, context);
    }

    private static SerializationScheme scheme() throws MintException {
        for (String name : SCHEMES) {
            try {
                Class<?> type = Class.forName(name);
                return (SerializationScheme) type.getConstructor(List.class).newInstance(Collections.emptyList());
            } catch (ClassNotFoundException e) {
                // The next release's place.
            } catch (ReflectiveOperationException e) {
                throw new MintException("this release's " + name + " cannot be made: " + e, e);
            }
        }
        throw new MintException("this release has no AMQP server serialization where 4.0 to 4.10 have it");
    }
}
