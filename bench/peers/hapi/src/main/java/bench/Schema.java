package bench;

import ca.uhn.fhir.jpa.migrate.DriverTypeEnum;
import ca.uhn.fhir.jpa.migrate.HapiMigrationStorageSvc;
import ca.uhn.fhir.jpa.migrate.SchemaMigrator;
import ca.uhn.fhir.jpa.migrate.dao.HapiMigrationDao;
import ca.uhn.fhir.jpa.migrate.tasks.HapiFhirJpaMigrationTasks;
import ca.uhn.fhir.util.VersionEnum;
import java.util.Properties;
import java.util.Set;
import javax.sql.DataSource;

/** The tables and indexes as HAPI FHIR's migrations make them, not as Hibernate would guess them. */
final class Schema {
    private Schema() {}

    static void create(DataSource source) {
        var driver = DriverTypeEnum.POSTGRES_9_4;
        var table = SchemaMigrator.HAPI_FHIR_MIGRATION_TABLENAME;
        var tasks = new HapiFhirJpaMigrationTasks(Set.of()).getAllTasks(VersionEnum.values());
        var done = new HapiMigrationStorageSvc(new HapiMigrationDao(source, driver, table));
        var migrator = new SchemaMigrator("public", table, source, new Properties(), tasks, done);
        migrator.setDriverType(driver);
        migrator.createMigrationTableIfRequired();
        migrator.migrate();
    }
}
