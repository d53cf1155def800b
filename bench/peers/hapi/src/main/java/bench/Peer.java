package bench;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.jpa.provider.IJpaSystemProvider;
import ca.uhn.fhir.jpa.search.DatabaseBackedPagingProvider;
import ca.uhn.fhir.rest.api.EncodingEnum;
import ca.uhn.fhir.rest.server.RestfulServer;
import ca.uhn.fhir.rest.server.provider.ResourceProviderFactory;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

/**
 * A FHIR R4 server on a free port of this machine, which it prints when it is ready.
 *
 * <p>{@code java -Dbench.database=jdbc:postgresql://… -cp … bench.Peer}
 */
public final class Peer {
    /** As many on a page as Kangshu gives when it is not asked for a number. */
    private static final int PAGE = 20;

    private static final int LARGEST_PAGE = 1_000;

    private Peer() {}

    public static void main(String[] arguments) throws Exception {
        var beans = new AnnotationConfigApplicationContext(Wiring.class);
        var handler = new ServletContextHandler();
        handler.addServlet(new ServletHolder(fhir(beans)), "/fhir/*");
        var server = new Server();
        var connector = new ServerConnector(server);
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        server.setHandler(handler);
        server.start();
        Runtime.getRuntime().addShutdownHook(new Thread(beans::close));
        System.out.println("ready at " + connector.getLocalPort());
        server.join();
    }

    private static RestfulServer fhir(AnnotationConfigApplicationContext beans) {
        var pages = beans.getBean(DatabaseBackedPagingProvider.class);
        pages.setDefaultPageSize(PAGE);
        pages.setMaximumPageSize(LARGEST_PAGE);
        var fhir = new RestfulServer(beans.getBean(FhirContext.class));
        fhir.registerProviders(beans.getBean(ResourceProviderFactory.class).createProviders());
        fhir.registerProvider(beans.getBean(IJpaSystemProvider.class));
        fhir.setPagingProvider(pages);
        fhir.setDefaultResponseEncoding(EncodingEnum.JSON);
        return fhir;
    }
}
