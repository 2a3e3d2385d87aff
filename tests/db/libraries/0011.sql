BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0011');
CREATE TABLE audit (
	id INTEGER NOT NULL, 
	made_us BIGINT NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	subject TEXT NOT NULL, 
	body TEXT NOT NULL, 
	mac VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_audit PRIMARY KEY (id), 
	CONSTRAINT ck_audit_kind CHECK (kind IN ('verdict', 'review', 'policy', 'model', 'output')), 
	CONSTRAINT ck_audit_id CHECK (id >= 1)
);
CREATE TABLE daemon (
	owner TEXT NOT NULL, 
	told_us BIGINT NOT NULL, 
	report TEXT NOT NULL, 
	CONSTRAINT pk_daemon PRIMARY KEY (owner)
);
CREATE TABLE embedding_block (
	run_id INTEGER NOT NULL, 
	first INTEGER NOT NULL, 
	owners BLOB NOT NULL, 
	vectors BLOB NOT NULL, 
	CONSTRAINT pk_embedding_block PRIMARY KEY (run_id, first), 
	CONSTRAINT fk_embedding_block_run_id FOREIGN KEY(run_id) REFERENCES index_run (id) ON DELETE CASCADE
);
INSERT INTO "embedding_block" VALUES(1,0,X'0000000002000000',X'0000A0BF8988883C6900FF0000A0BF8988883C6900FF');
INSERT INTO "embedding_block" VALUES(2,0,X'000000000000000002000000',X'0000A0BF8988883C6900FF000000008180003C7F00FF0000A0BF8988883C6900FF');
INSERT INTO "embedding_block" VALUES(3,0,X'000000000000000002000000',X'0000A0BF8988883C6900FF000000008180003C7F00FF0000A0BF8988883C6900FF');
CREATE TABLE film (
	id INTEGER NOT NULL, 
	fingerprint VARCHAR(64) NOT NULL, 
	size BIGINT NOT NULL, 
	title TEXT NOT NULL, 
	title_folded TEXT NOT NULL, 
	added_us BIGINT NOT NULL, 
	current_run_id INTEGER, year INTEGER, 
	CONSTRAINT pk_film PRIMARY KEY (id), 
	CONSTRAINT ck_film_size CHECK (size >= 0), 
	CONSTRAINT fk_film_current_run_id FOREIGN KEY(current_run_id) REFERENCES index_run (id) ON DELETE SET NULL, 
	CONSTRAINT uq_film_fingerprint UNIQUE (fingerprint)
);
INSERT INTO "film" VALUES(1,'0000000000000000000000000000000000000000000000000000000000000001',7,'Film 1','film 1',5,1,NULL);
INSERT INTO "film" VALUES(2,'0000000000000000000000000000000000000000000000000000000000000002',7,'Film 2','film 2',5,2,NULL);
INSERT INTO "film" VALUES(3,'0000000000000000000000000000000000000000000000000000000000000003',7,'not yet','not yet',5,NULL,NULL);
CREATE TABLE film_tag (
	run_id INTEGER NOT NULL, 
	tag_id INTEGER NOT NULL, 
	relevance FLOAT NOT NULL, 
	weight FLOAT NOT NULL, 
	seconds FLOAT NOT NULL, 
	coverage FLOAT NOT NULL, 
	peak FLOAT NOT NULL, 
	present BOOLEAN NOT NULL, 
	CONSTRAINT pk_film_tag PRIMARY KEY (run_id, tag_id), 
	CONSTRAINT ck_film_tag_coverage CHECK (coverage BETWEEN 0 AND 1), 
	CONSTRAINT ck_film_tag_peak CHECK (peak BETWEEN 0 AND 1), 
	CONSTRAINT ck_film_tag_relevance CHECK (relevance BETWEEN 0 AND 1), 
	CONSTRAINT fk_film_tag_run_id FOREIGN KEY(run_id) REFERENCES index_run (id) ON DELETE CASCADE, 
	CONSTRAINT fk_film_tag_tag_id FOREIGN KEY(tag_id) REFERENCES tag (id)
)
 WITHOUT ROWID

;
INSERT INTO "film_tag" VALUES(1,1,1.0,2.5,3.0,0.75,0.75,1);
INSERT INTO "film_tag" VALUES(2,1,1.0,2.5,3.0,0.75,0.75,1);
CREATE TABLE "index_run" (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	film_id INTEGER NOT NULL, 
	model_id INTEGER NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	precision VARCHAR(16) NOT NULL, 
	settings TEXT NOT NULL, 
	provider VARCHAR(32) NOT NULL, 
	program_version TEXT NOT NULL, 
	started_us BIGINT NOT NULL, 
	finished_us BIGINT, 
	container TEXT NOT NULL, 
	codec TEXT NOT NULL, 
	width INTEGER NOT NULL, 
	height INTEGER NOT NULL, 
	rotation INTEGER NOT NULL, 
	frame_rate FLOAT NOT NULL, 
	container_offset_us BIGINT NOT NULL, 
	duration_us BIGINT NOT NULL, 
	frames BIGINT NOT NULL, 
	decode_errors BIGINT NOT NULL, 
	shots INTEGER NOT NULL, 
	network_frames BIGINT DEFAULT 0 NOT NULL, 
	tally TEXT, 
	CONSTRAINT ck_index_run_finished CHECK ((finished_us IS NULL) = (state = 'building')), 
	CONSTRAINT ck_index_run_precision CHECK (precision IN ('exact', 'keyframes')), 
	CONSTRAINT ck_index_run_state CHECK (state IN ('building', 'complete')), 
	CONSTRAINT fk_index_run_film_id FOREIGN KEY(film_id) REFERENCES film (id) ON DELETE CASCADE, 
	CONSTRAINT fk_index_run_model_id FOREIGN KEY(model_id) REFERENCES model (id), 
	CONSTRAINT ck_index_run_tally CHECK (tally IS NULL OR state = 'building')
);
INSERT INTO "index_run" VALUES(1,1,1,'complete','exact','{"cuts": "adaptive", "long_shot_seconds": 10.0}','cpu','0.1',199,200,'matroska','h264',1920,1080,90,2.39760239760239777248e+01,-21333,4000000,96,2,3,24,NULL);
INSERT INTO "index_run" VALUES(2,2,1,'complete','exact','{"cuts": "adaptive", "long_shot_seconds": 10.0}','cpu','0.1',199,200,'matroska','h264',1920,1080,90,2.39760239760239777248e+01,-21333,4000000,96,2,4,24,NULL);
INSERT INTO "index_run" VALUES(3,3,1,'building','exact','{"cuts": "adaptive", "long_shot_seconds": 10.0}','cpu','0.1',100,NULL,'matroska','h264',1920,1080,90,2.39760239760239777248e+01,-21333,4000000,96,2,0,24,'[1, 2, []]');
CREATE TABLE "job" (
	film_id INTEGER NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	owner TEXT, 
	attempts INTEGER NOT NULL, 
	error_kind TEXT, 
	reason TEXT, 
	changed_us BIGINT NOT NULL, 
	priority INTEGER DEFAULT '0' NOT NULL, 
	deaths INTEGER DEFAULT '0' NOT NULL, 
	setbacks INTEGER DEFAULT '0' NOT NULL, 
	not_before_us BIGINT DEFAULT '0' NOT NULL, 
	lease_us BIGINT, 
	CONSTRAINT pk_job PRIMARY KEY (film_id), 
	CONSTRAINT fk_job_film_id FOREIGN KEY(film_id) REFERENCES film (id) ON DELETE CASCADE, 
	CONSTRAINT ck_job_owner CHECK ((owner IS NULL) = (state != 'running')), 
	CONSTRAINT ck_job_state CHECK (state IN ('queued', 'running', 'indexed', 'failed')), 
	CONSTRAINT ck_job_reason CHECK (state = 'queued' OR (reason IS NULL) = (state != 'failed')), 
	CONSTRAINT ck_job_error_kind CHECK (state = 'queued' OR (error_kind IS NULL) = (state != 'failed')), 
	CONSTRAINT ck_job_lease CHECK ((lease_us IS NULL) = (state != 'running'))
);
CREATE TABLE location (
	id INTEGER NOT NULL, 
	film_id INTEGER NOT NULL, 
	path BLOB NOT NULL, 
	path_shown TEXT NOT NULL, 
	size BIGINT NOT NULL, 
	mtime_ns BIGINT NOT NULL, 
	seen_us BIGINT NOT NULL, missing_us BIGINT, 
	CONSTRAINT pk_location PRIMARY KEY (id), 
	CONSTRAINT fk_location_film_id FOREIGN KEY(film_id) REFERENCES film (id) ON DELETE CASCADE, 
	CONSTRAINT uq_location_path UNIQUE (path)
);
INSERT INTO "location" VALUES(1,1,X'2F66696C6D732F46696C6D20312E6D6B76','/films/Film 1.mkv',7,11,5,NULL);
INSERT INTO "location" VALUES(2,2,X'2F66696C6D732F46696C6D20322E6D6B76','/films/Film 2.mkv',7,11,5,NULL);
INSERT INTO "location" VALUES(3,3,X'2F66696C6D732F6E6F74207965742E6D6B76','/films/not yet.mkv',7,11,5,NULL);
CREATE TABLE model (
	id INTEGER NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	name TEXT NOT NULL, 
	version TEXT NOT NULL, backbone VARCHAR(64) DEFAULT '' NOT NULL, 
	CONSTRAINT pk_model PRIMARY KEY (id), 
	CONSTRAINT uq_model_digest UNIQUE (digest)
);
INSERT INTO "model" VALUES(1,'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','plain','1','');
CREATE TABLE model_tag (
	model_id INTEGER NOT NULL, 
	ordinal INTEGER NOT NULL, 
	tag_id INTEGER NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	threshold FLOAT, expert VARCHAR(64), recalls TEXT DEFAULT '[]' NOT NULL, 
	CONSTRAINT pk_model_tag PRIMARY KEY (model_id, ordinal), 
	CONSTRAINT ck_model_tag_threshold CHECK ((threshold IS NULL) = (status = 'untrained')), 
	CONSTRAINT ck_model_tag_status CHECK (status IN ('measured', 'weak', 'expert', 'untrained')), 
	CONSTRAINT fk_model_tag_model_id FOREIGN KEY(model_id) REFERENCES model (id) ON DELETE CASCADE, 
	CONSTRAINT fk_model_tag_tag_id FOREIGN KEY(tag_id) REFERENCES tag (id), 
	CONSTRAINT uq_model_tag_model_id_tag_id UNIQUE (model_id, tag_id)
);
INSERT INTO "model_tag" VALUES(1,0,1,'measured',0.5,NULL,'[[0.5, 0.625], [0.9, 0.25]]');
INSERT INTO "model_tag" VALUES(1,1,2,'weak',0.03125,NULL,'[]');
INSERT INTO "model_tag" VALUES(1,2,3,'untrained',NULL,NULL,'[]');
INSERT INTO "model_tag" VALUES(1,3,4,'expert',0.75,NULL,'[]');
CREATE TABLE pause (
	id INTEGER NOT NULL, 
	since_us BIGINT NOT NULL, 
	CONSTRAINT pk_pause PRIMARY KEY (id), 
	CONSTRAINT ck_pause_only CHECK (id = 1)
);
CREATE TABLE person (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	role VARCHAR(16) NOT NULL, 
	token_digest VARCHAR(64), 
	added_us BIGINT NOT NULL, 
	CONSTRAINT pk_person PRIMARY KEY (id), 
	CONSTRAINT ck_person_role CHECK (role IN ('reader', 'reviewer', 'administrator')), 
	CONSTRAINT ck_person_named CHECK (name != ''), 
	CONSTRAINT uq_person_name UNIQUE (name), 
	CONSTRAINT uq_person_token_digest UNIQUE (token_digest)
);
CREATE TABLE review (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	film_id INTEGER NOT NULL, 
	tag TEXT NOT NULL, 
	asked_start_us BIGINT NOT NULL, 
	asked_end_us BIGINT NOT NULL, 
	decision VARCHAR(16) NOT NULL, 
	ruled_start_us BIGINT NOT NULL, 
	ruled_end_us BIGINT NOT NULL, 
	reviewer TEXT NOT NULL, 
	note TEXT NOT NULL, 
	made_us BIGINT NOT NULL, 
	CONSTRAINT ck_review_decision CHECK (decision IN ('accept', 'reject', 'adjust', 'unsure')), 
	CONSTRAINT ck_review_asked CHECK (0 <= asked_start_us AND asked_start_us < asked_end_us), 
	CONSTRAINT ck_review_ruled CHECK (0 <= ruled_start_us AND ruled_start_us < ruled_end_us), 
	CONSTRAINT ck_review_named CHECK (reviewer != '' AND tag != ''), 
	CONSTRAINT fk_review_film_id FOREIGN KEY(film_id) REFERENCES film (id)
);
CREATE TABLE run_embedding (
	run_id INTEGER NOT NULL, 
	vector BLOB NOT NULL, 
	CONSTRAINT pk_run_embedding PRIMARY KEY (run_id), 
	CONSTRAINT fk_run_embedding_run_id FOREIGN KEY(run_id) REFERENCES index_run (id) ON DELETE CASCADE
);
INSERT INTO "run_embedding" VALUES(1,X'0000A0BF8988883C6900FF');
INSERT INTO "run_embedding" VALUES(2,X'006055BFD9D8603C6D00FF');
CREATE TABLE saved_hit (
	search_id INTEGER NOT NULL, 
	film_id INTEGER NOT NULL, 
	start_us BIGINT NOT NULL, 
	end_us BIGINT NOT NULL, 
	CONSTRAINT pk_saved_hit PRIMARY KEY (search_id, film_id, start_us), 
	CONSTRAINT ck_saved_hit_span CHECK (0 <= start_us AND start_us < end_us), 
	CONSTRAINT fk_saved_hit_search_id FOREIGN KEY(search_id) REFERENCES saved_search (id) ON DELETE CASCADE, 
	CONSTRAINT fk_saved_hit_film_id FOREIGN KEY(film_id) REFERENCES film (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
CREATE TABLE saved_search (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	"query" TEXT NOT NULL, 
	shots BOOLEAN NOT NULL, 
	sort TEXT NOT NULL, 
	saved_us BIGINT NOT NULL, 
	asked_us BIGINT NOT NULL, 
	CONSTRAINT pk_saved_search PRIMARY KEY (id), 
	CONSTRAINT ck_saved_search_named CHECK (name != '' AND query != ''), 
	CONSTRAINT uq_saved_search_name UNIQUE (name)
);
CREATE TABLE shot (
	run_id INTEGER NOT NULL, 
	ordinal INTEGER NOT NULL, 
	start_us BIGINT NOT NULL, 
	end_us BIGINT NOT NULL, 
	early_us BIGINT NOT NULL, 
	late_us BIGINT NOT NULL, 
	state SMALLINT NOT NULL, 
	samples BLOB NOT NULL, 
	probabilities BLOB, 
	CONSTRAINT pk_shot PRIMARY KEY (run_id, ordinal), 
	CONSTRAINT ck_shot_state CHECK (state BETWEEN 0 AND 3), 
	CONSTRAINT ck_shot_span CHECK (0 <= start_us AND start_us < end_us), 
	CONSTRAINT ck_shot_bracket CHECK (early_us BETWEEN 0 AND start_us AND late_us >= 0), 
	CONSTRAINT ck_shot_looked_at CHECK ((probabilities IS NULL) = (state = 0)), 
	CONSTRAINT fk_shot_run_id FOREIGN KEY(run_id) REFERENCES index_run (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "shot" VALUES(1,0,0,1000000,0,0,1,X'81897A',X'003A002C00000034');
INSERT INTO "shot" VALUES(1,1,1000000,2000000,0,0,0,X'',NULL);
INSERT INTO "shot" VALUES(1,2,2000000,4000000,0,0,1,X'8192F401',X'000000000000003B');
INSERT INTO "shot" VALUES(2,0,0,1000000,0,0,1,X'81B51883D46185D461',X'003A002C00000034');
INSERT INTO "shot" VALUES(2,1,1000000,2000000,0,0,0,X'',NULL);
INSERT INTO "shot" VALUES(2,2,2000000,3000000,7,9,2,X'82897A',X'000000280000003B');
INSERT INTO "shot" VALUES(2,3,3000000,4000000,0,0,3,X'83897A',X'0000000000000000');
INSERT INTO "shot" VALUES(3,0,0,1000000,0,0,1,X'81B51883D46185D461',X'003A002C00000034');
INSERT INTO "shot" VALUES(3,1,1000000,2000000,0,0,0,X'',NULL);
INSERT INTO "shot" VALUES(3,2,2000000,3000000,7,9,2,X'82897A',X'000000280000003B');
CREATE TABLE tag (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	slug TEXT NOT NULL, 
	tag_group TEXT NOT NULL, 
	CONSTRAINT pk_tag PRIMARY KEY (id), 
	CONSTRAINT uq_tag_name UNIQUE (name)
);
INSERT INTO "tag" VALUES(1,'Animation','animation','style');
INSERT INTO "tag" VALUES(2,'War','war','violence and action');
INSERT INTO "tag" VALUES(3,'Prison','prison','place');
INSERT INTO "tag" VALUES(4,'Nudity','nudity','nudity');
CREATE TABLE tag_shots (
	tag_id INTEGER NOT NULL, 
	run_id INTEGER NOT NULL, 
	ordinals BLOB NOT NULL, 
	probabilities BLOB NOT NULL, 
	CONSTRAINT pk_tag_shots PRIMARY KEY (tag_id, run_id), 
	CONSTRAINT fk_tag_shots_tag_id FOREIGN KEY(tag_id) REFERENCES tag (id), 
	CONSTRAINT fk_tag_shots_run_id FOREIGN KEY(run_id) REFERENCES index_run (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "tag_shots" VALUES(1,1,X'0000',X'003A');
INSERT INTO "tag_shots" VALUES(1,2,X'0000',X'003A');
INSERT INTO "tag_shots" VALUES(2,1,X'0000',X'002C');
INSERT INTO "tag_shots" VALUES(2,2,X'00000200',X'002C0028');
INSERT INTO "tag_shots" VALUES(4,1,X'00000200',X'0034003B');
INSERT INTO "tag_shots" VALUES(4,2,X'00000200',X'0034003B');
CREATE TABLE transition (
	run_id INTEGER NOT NULL, 
	ordinal INTEGER NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	first_us BIGINT NOT NULL, 
	last_us BIGINT NOT NULL, 
	CONSTRAINT pk_transition PRIMARY KEY (run_id, ordinal), 
	CONSTRAINT ck_transition_kind CHECK (kind IN ('dissolve', 'fade', 'wipe')), 
	CONSTRAINT ck_transition_span CHECK (0 <= first_us AND first_us < last_us), 
	CONSTRAINT fk_transition_run_id_ordinal FOREIGN KEY(run_id, ordinal) REFERENCES shot (run_id, ordinal) ON DELETE CASCADE ON UPDATE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "transition" VALUES(2,2,'dissolve',1999991,2000001);
INSERT INTO "transition" VALUES(3,2,'dissolve',1999991,2000001);
CREATE TABLE withdrawal (
	review_id INTEGER NOT NULL, 
	reviewer TEXT NOT NULL, 
	made_us BIGINT NOT NULL, 
	CONSTRAINT pk_withdrawal PRIMARY KEY (review_id), 
	CONSTRAINT ck_withdrawal_named CHECK (reviewer != ''), 
	CONSTRAINT fk_withdrawal_review_id_review FOREIGN KEY(review_id) REFERENCES review (id)
);
CREATE INDEX ix_location_film_id ON location (film_id);
CREATE INDEX ix_film_tag_tag_id_peak ON film_tag (tag_id, peak);
CREATE INDEX ix_review_film_id ON review (film_id);
CREATE INDEX ix_audit_kind_subject ON audit (kind, subject);
CREATE TRIGGER audit_refuses_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_refuses_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE INDEX ix_index_run_film_id ON index_run (film_id);
CREATE INDEX ix_saved_hit_film_id ON saved_hit (film_id);
CREATE INDEX ix_shot_not_looked_at ON shot (state, run_id) WHERE state = 0;
CREATE INDEX ix_tag_shots_run_id ON tag_shots (run_id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('index_run',3);
COMMIT;
