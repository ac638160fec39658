// Tomcat's annotated endpoints, embedded: java -Dbuffer=BYTES Bench [--tls CERTIFICATE KEY]
// It answers an offer of permessage-deflate by itself. `buffer` holds a whole message, once for text and once for
// binary, on every connection.

import jakarta.servlet.http.HttpServlet;
import jakarta.websocket.HandshakeResponse;
import jakarta.websocket.OnClose;
import jakarta.websocket.OnMessage;
import jakarta.websocket.OnOpen;
import jakarta.websocket.RemoteEndpoint;
import jakarta.websocket.Session;
import jakarta.websocket.server.HandshakeRequest;
import jakarta.websocket.server.ServerEndpoint;
import jakarta.websocket.server.ServerEndpointConfig;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.HashSet;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.catalina.Context;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.net.SSLHostConfig;
import org.apache.tomcat.util.net.SSLHostConfigCertificate;
import org.apache.tomcat.websocket.server.WsSci;

public final class Bench {
    @ServerEndpoint("/echo")
    public static final class Echo {
        @OnMessage
        public String text(String message) { return message; }

        @OnMessage
        public ByteBuffer binary(ByteBuffer message) { return message; }
    }

    /** Counts who has been told of its upgrade: that comes before its open handler runs. */
    public static final class Counted extends ServerEndpointConfig.Configurator {
        @Override
        public void modifyHandshake(ServerEndpointConfig config, HandshakeRequest request, HandshakeResponse response) {
            synchronized (Fanout.subscribers) {
                ++Fanout.upgraded;
            }
        }
    }

    @ServerEndpoint(value = "/fanout", configurator = Counted.class)
    public static final class Fanout {
        private static final Set<Session> subscribers = new HashSet<>();
        private static int upgraded = 0;

        @OnOpen
        public void opened(Session session) {
            synchronized (subscribers) {
                subscribers.add(session);
                subscribers.notifyAll();
            }
        }

        @OnClose
        public void closed(Session session) {
            synchronized (subscribers) {
                subscribers.remove(session);
                --upgraded;
            }
        }

        @OnMessage
        public void text(String message) throws InterruptedException {
            synchronized (subscribers) {
                awaitAll();
                for (Session subscriber : subscribers) to(subscriber, remote -> remote.sendText(message));
            }
        }

        @OnMessage
        public void binary(ByteBuffer message) throws InterruptedException {
            synchronized (subscribers) {
                awaitAll();
                for (Session subscriber : subscribers) to(subscriber, remote -> remote.sendBinary(message.duplicate()));
            }
        }

        private interface Sending {
            void to(RemoteEndpoint.Basic remote) throws IOException;
        }

        /** One that has just left is no reason to fail for the others. */
        private static void to(Session subscriber, Sending sending) {
            try {
                sending.to(subscriber.getBasicRemote());
            } catch (IOException | IllegalStateException left) {
                return;  // its close handler takes it out of the set
            }
        }

        private static void awaitAll() throws InterruptedException {
            while (subscribers.size() < upgraded) subscribers.wait();
        }
    }

    private static void secure(Connector connector, String certificate, String key) {
        SSLHostConfig host = new SSLHostConfig();
        SSLHostConfigCertificate pair = new SSLHostConfigCertificate(host, SSLHostConfigCertificate.Type.EC);
        pair.setCertificateFile(certificate);
        pair.setCertificateKeyFile(key);
        host.addCertificate(pair);
        connector.addSslHostConfig(host);
        connector.setSecure(true);
        connector.setScheme("https");
        connector.setProperty("SSLEnabled", "true");
    }

    public static void main(String[] arguments) throws Exception {
        Logger.getLogger("").setLevel(Level.OFF);  // a client that leaves in the middle is none of its troubles
        File folder = Files.createTempDirectory("bench-tomcat").toFile();
        folder.deleteOnExit();
        Connector connector = new Connector("org.apache.coyote.http11.Http11NioProtocol");
        connector.setPort(0);
        connector.setProperty("address", "127.0.0.1");
        connector.setProperty("acceptCount", "1024");
        if (arguments.length == 3 && arguments[0].equals("--tls")) secure(connector, arguments[1], arguments[2]);
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(folder.getPath());
        tomcat.setConnector(connector);
        Context context = tomcat.addContext("", null);
        String buffer = System.getProperty("buffer", "8192");
        context.addParameter("org.apache.tomcat.websocket.textBufferSize", buffer);
        context.addParameter("org.apache.tomcat.websocket.binaryBufferSize", buffer);
        context.addServletContainerInitializer(new WsSci(), Set.of(Echo.class, Fanout.class));
        Tomcat.addServlet(context, "none", new HttpServlet() {});
        context.addServletMapping("/", "none");
        tomcat.start();
        System.out.println("listening on http://127.0.0.1:" + connector.getLocalPort() + "\nready");
        System.out.flush();
        tomcat.getServer().await();
    }
}
