SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE FUNCTION public.audit_refuses() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
        RAISE EXCEPTION 'the audit is append-only' USING ERRCODE = 'integrity_constraint_violation';
    END $$;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.audit (
    id bigint NOT NULL,
    made_us bigint NOT NULL,
    kind character varying(16) NOT NULL COLLATE pg_catalog."C",
    subject text NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL COLLATE pg_catalog."C",
    mac character varying(64) NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT ck_audit_id CHECK ((id >= 1)),
    CONSTRAINT ck_audit_kind CHECK (((kind)::text = ANY ((ARRAY['verdict'::character varying, 'review'::character varying, 'policy'::character varying, 'model'::character varying, 'output'::character varying])::text[])))
);
CREATE TABLE public.daemon (
    owner text NOT NULL COLLATE pg_catalog."C",
    told_us bigint NOT NULL,
    report text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.embedding_block (
    run_id bigint NOT NULL,
    first integer NOT NULL,
    owners bytea NOT NULL,
    vectors bytea NOT NULL
);
CREATE TABLE public.film (
    id bigint NOT NULL,
    fingerprint character varying(64) NOT NULL COLLATE pg_catalog."C",
    size bigint NOT NULL,
    title text NOT NULL COLLATE pg_catalog."C",
    title_folded text NOT NULL COLLATE pg_catalog."C",
    added_us bigint NOT NULL,
    current_run_id bigint,
    year integer,
    CONSTRAINT ck_film_size CHECK ((size >= 0))
);
CREATE SEQUENCE public.film_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.film_id_seq OWNED BY public.film.id;
CREATE TABLE public.film_tag (
    run_id bigint NOT NULL,
    tag_id bigint NOT NULL,
    relevance double precision NOT NULL,
    weight double precision NOT NULL,
    seconds double precision NOT NULL,
    coverage double precision NOT NULL,
    peak double precision NOT NULL,
    present boolean NOT NULL,
    CONSTRAINT ck_film_tag_coverage CHECK (((coverage >= (0)::double precision) AND (coverage <= (1)::double precision))),
    CONSTRAINT ck_film_tag_peak CHECK (((peak >= (0)::double precision) AND (peak <= (1)::double precision))),
    CONSTRAINT ck_film_tag_relevance CHECK (((relevance >= (0)::double precision) AND (relevance <= (1)::double precision)))
);
CREATE TABLE public.index_run (
    id bigint NOT NULL,
    film_id bigint NOT NULL,
    model_id bigint NOT NULL,
    state character varying(16) NOT NULL COLLATE pg_catalog."C",
    "precision" character varying(16) NOT NULL COLLATE pg_catalog."C",
    settings text NOT NULL COLLATE pg_catalog."C",
    provider character varying(32) NOT NULL COLLATE pg_catalog."C",
    program_version text NOT NULL COLLATE pg_catalog."C",
    started_us bigint NOT NULL,
    finished_us bigint,
    container text NOT NULL COLLATE pg_catalog."C",
    codec text NOT NULL COLLATE pg_catalog."C",
    width integer NOT NULL,
    height integer NOT NULL,
    rotation integer NOT NULL,
    frame_rate double precision NOT NULL,
    container_offset_us bigint NOT NULL,
    duration_us bigint NOT NULL,
    frames bigint NOT NULL,
    decode_errors bigint NOT NULL,
    shots integer NOT NULL,
    network_frames bigint DEFAULT 0 NOT NULL,
    tally text COLLATE pg_catalog."C",
    CONSTRAINT ck_index_run_finished CHECK (((finished_us IS NULL) = ((state)::text = 'building'::text))),
    CONSTRAINT ck_index_run_precision CHECK ((("precision")::text = ANY ((ARRAY['exact'::character varying, 'keyframes'::character varying])::text[]))),
    CONSTRAINT ck_index_run_state CHECK (((state)::text = ANY ((ARRAY['building'::character varying, 'complete'::character varying])::text[]))),
    CONSTRAINT ck_index_run_tally CHECK (((tally IS NULL) OR ((state)::text = 'building'::text)))
);
CREATE SEQUENCE public.index_run_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.index_run_id_seq OWNED BY public.index_run.id;
CREATE TABLE public.job (
    film_id bigint NOT NULL,
    state character varying(16) NOT NULL COLLATE pg_catalog."C",
    owner text COLLATE pg_catalog."C",
    attempts integer NOT NULL,
    error_kind text COLLATE pg_catalog."C",
    reason text COLLATE pg_catalog."C",
    changed_us bigint NOT NULL,
    priority integer DEFAULT 0 NOT NULL,
    deaths integer DEFAULT 0 NOT NULL,
    setbacks integer DEFAULT 0 NOT NULL,
    not_before_us bigint DEFAULT '0'::bigint NOT NULL,
    lease_us bigint,
    CONSTRAINT ck_job_error_kind CHECK ((((state)::text = 'queued'::text) OR ((error_kind IS NULL) = ((state)::text <> 'failed'::text)))),
    CONSTRAINT ck_job_lease CHECK (((lease_us IS NULL) = ((state)::text <> 'running'::text))),
    CONSTRAINT ck_job_owner CHECK (((owner IS NULL) = ((state)::text <> 'running'::text))),
    CONSTRAINT ck_job_reason CHECK ((((state)::text = 'queued'::text) OR ((reason IS NULL) = ((state)::text <> 'failed'::text)))),
    CONSTRAINT ck_job_state CHECK (((state)::text = ANY ((ARRAY['queued'::character varying, 'running'::character varying, 'indexed'::character varying, 'failed'::character varying])::text[])))
);
CREATE TABLE public.location (
    id bigint NOT NULL,
    film_id bigint NOT NULL,
    path bytea NOT NULL,
    path_shown text NOT NULL COLLATE pg_catalog."C",
    size bigint NOT NULL,
    mtime_ns bigint NOT NULL,
    seen_us bigint NOT NULL,
    missing_us bigint
);
CREATE SEQUENCE public.location_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.location_id_seq OWNED BY public.location.id;
CREATE TABLE public.model (
    id bigint NOT NULL,
    digest character varying(64) NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    version text NOT NULL COLLATE pg_catalog."C",
    backbone character varying(64) DEFAULT ''::character varying NOT NULL COLLATE pg_catalog."C"
);
CREATE SEQUENCE public.model_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.model_id_seq OWNED BY public.model.id;
CREATE TABLE public.model_tag (
    model_id bigint NOT NULL,
    ordinal integer NOT NULL,
    tag_id bigint NOT NULL,
    status character varying(16) NOT NULL COLLATE pg_catalog."C",
    threshold double precision,
    expert character varying(64) COLLATE pg_catalog."C",
    recalls text DEFAULT '[]'::text NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT ck_model_tag_status CHECK (((status)::text = ANY ((ARRAY['measured'::character varying, 'weak'::character varying, 'expert'::character varying, 'untrained'::character varying])::text[]))),
    CONSTRAINT ck_model_tag_threshold CHECK (((threshold IS NULL) = ((status)::text = 'untrained'::text)))
);
CREATE TABLE public.pause (
    id integer NOT NULL,
    since_us bigint NOT NULL,
    CONSTRAINT ck_pause_only CHECK ((id = 1))
);
CREATE SEQUENCE public.pause_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.pause_id_seq OWNED BY public.pause.id;
CREATE TABLE public.person (
    id bigint NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    role character varying(16) NOT NULL COLLATE pg_catalog."C",
    token_digest character varying(64) COLLATE pg_catalog."C",
    added_us bigint NOT NULL,
    CONSTRAINT ck_person_named CHECK ((name <> ''::text)),
    CONSTRAINT ck_person_role CHECK (((role)::text = ANY ((ARRAY['reader'::character varying, 'reviewer'::character varying, 'administrator'::character varying])::text[])))
);
CREATE SEQUENCE public.person_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.person_id_seq OWNED BY public.person.id;
CREATE TABLE public.review (
    id bigint NOT NULL,
    film_id bigint NOT NULL,
    tag text NOT NULL COLLATE pg_catalog."C",
    asked_start_us bigint NOT NULL,
    asked_end_us bigint NOT NULL,
    decision character varying(16) NOT NULL COLLATE pg_catalog."C",
    ruled_start_us bigint NOT NULL,
    ruled_end_us bigint NOT NULL,
    reviewer text NOT NULL COLLATE pg_catalog."C",
    note text NOT NULL COLLATE pg_catalog."C",
    made_us bigint NOT NULL,
    CONSTRAINT ck_review_asked CHECK (((0 <= asked_start_us) AND (asked_start_us < asked_end_us))),
    CONSTRAINT ck_review_decision CHECK (((decision)::text = ANY ((ARRAY['accept'::character varying, 'reject'::character varying, 'adjust'::character varying, 'unsure'::character varying])::text[]))),
    CONSTRAINT ck_review_named CHECK (((reviewer <> ''::text) AND (tag <> ''::text))),
    CONSTRAINT ck_review_ruled CHECK (((0 <= ruled_start_us) AND (ruled_start_us < ruled_end_us)))
);
CREATE SEQUENCE public.review_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.review_id_seq OWNED BY public.review.id;
CREATE TABLE public.run_embedding (
    run_id bigint NOT NULL,
    vector bytea NOT NULL
);
CREATE TABLE public.saved_hit (
    search_id bigint NOT NULL,
    film_id bigint NOT NULL,
    start_us bigint NOT NULL,
    end_us bigint NOT NULL,
    CONSTRAINT ck_saved_hit_span CHECK (((0 <= start_us) AND (start_us < end_us)))
);
CREATE TABLE public.saved_search (
    id bigint NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    query text NOT NULL COLLATE pg_catalog."C",
    shots boolean NOT NULL,
    sort text NOT NULL COLLATE pg_catalog."C",
    saved_us bigint NOT NULL,
    asked_us bigint NOT NULL,
    CONSTRAINT ck_saved_search_named CHECK (((name <> ''::text) AND (query <> ''::text)))
);
CREATE SEQUENCE public.saved_search_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.saved_search_id_seq OWNED BY public.saved_search.id;
CREATE TABLE public.shot (
    run_id bigint NOT NULL,
    ordinal integer NOT NULL,
    start_us bigint NOT NULL,
    end_us bigint NOT NULL,
    early_us bigint NOT NULL,
    late_us bigint NOT NULL,
    state smallint NOT NULL,
    samples bytea NOT NULL,
    probabilities bytea,
    CONSTRAINT ck_shot_bracket CHECK ((((early_us >= 0) AND (early_us <= start_us)) AND (late_us >= 0))),
    CONSTRAINT ck_shot_looked_at CHECK (((probabilities IS NULL) = (state = 0))),
    CONSTRAINT ck_shot_span CHECK (((0 <= start_us) AND (start_us < end_us))),
    CONSTRAINT ck_shot_state CHECK (((state >= 0) AND (state <= 3)))
);
CREATE TABLE public.tag (
    id bigint NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    slug text NOT NULL COLLATE pg_catalog."C",
    tag_group text NOT NULL COLLATE pg_catalog."C"
);
CREATE SEQUENCE public.tag_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.tag_id_seq OWNED BY public.tag.id;
CREATE TABLE public.tag_shots (
    tag_id bigint NOT NULL,
    run_id bigint NOT NULL,
    ordinals bytea NOT NULL,
    probabilities bytea NOT NULL
);
CREATE TABLE public.transition (
    run_id bigint NOT NULL,
    ordinal integer NOT NULL,
    kind character varying(16) NOT NULL COLLATE pg_catalog."C",
    first_us bigint NOT NULL,
    last_us bigint NOT NULL,
    CONSTRAINT ck_transition_kind CHECK (((kind)::text = ANY ((ARRAY['dissolve'::character varying, 'fade'::character varying, 'wipe'::character varying])::text[]))),
    CONSTRAINT ck_transition_span CHECK (((0 <= first_us) AND (first_us < last_us)))
);
CREATE TABLE public.withdrawal (
    review_id bigint NOT NULL,
    reviewer text NOT NULL COLLATE pg_catalog."C",
    made_us bigint NOT NULL,
    CONSTRAINT ck_withdrawal_named CHECK ((reviewer <> ''::text))
);
ALTER TABLE ONLY public.film ALTER COLUMN id SET DEFAULT nextval('public.film_id_seq'::regclass);
ALTER TABLE ONLY public.index_run ALTER COLUMN id SET DEFAULT nextval('public.index_run_id_seq'::regclass);
ALTER TABLE ONLY public.location ALTER COLUMN id SET DEFAULT nextval('public.location_id_seq'::regclass);
ALTER TABLE ONLY public.model ALTER COLUMN id SET DEFAULT nextval('public.model_id_seq'::regclass);
ALTER TABLE ONLY public.pause ALTER COLUMN id SET DEFAULT nextval('public.pause_id_seq'::regclass);
ALTER TABLE ONLY public.person ALTER COLUMN id SET DEFAULT nextval('public.person_id_seq'::regclass);
ALTER TABLE ONLY public.review ALTER COLUMN id SET DEFAULT nextval('public.review_id_seq'::regclass);
ALTER TABLE ONLY public.saved_search ALTER COLUMN id SET DEFAULT nextval('public.saved_search_id_seq'::regclass);
ALTER TABLE ONLY public.tag ALTER COLUMN id SET DEFAULT nextval('public.tag_id_seq'::regclass);
INSERT INTO public.alembic_version VALUES ('0011');
INSERT INTO public.embedding_block VALUES (1, 0, '\x0000000002000000', '\x0000a0bf8988883c6900ff0000a0bf8988883c6900ff');
INSERT INTO public.embedding_block VALUES (2, 0, '\x000000000000000002000000', '\x0000a0bf8988883c6900ff000000008180003c7f00ff0000a0bf8988883c6900ff');
INSERT INTO public.embedding_block VALUES (3, 0, '\x000000000000000002000000', '\x0000a0bf8988883c6900ff000000008180003c7f00ff0000a0bf8988883c6900ff');
INSERT INTO public.film VALUES (3, '0000000000000000000000000000000000000000000000000000000000000003', 7, 'not yet', 'not yet', 5, NULL, NULL);
INSERT INTO public.film VALUES (1, '0000000000000000000000000000000000000000000000000000000000000001', 7, 'Film 1', 'film 1', 5, 1, NULL);
INSERT INTO public.film VALUES (2, '0000000000000000000000000000000000000000000000000000000000000002', 7, 'Film 2', 'film 2', 5, 2, NULL);
INSERT INTO public.film_tag VALUES (1, 1, 1, 2.5, 3, 0.75, 0.75, true);
INSERT INTO public.film_tag VALUES (2, 1, 1, 2.5, 3, 0.75, 0.75, true);
INSERT INTO public.index_run VALUES (1, 1, 1, 'complete', 'exact', '{"cuts": "adaptive", "long_shot_seconds": 10.0}', 'cpu', '0.1', 199, 200, 'matroska', 'h264', 1920, 1080, 90, 23.976023976023978, -21333, 4000000, 96, 2, 3, 24, NULL);
INSERT INTO public.index_run VALUES (2, 2, 1, 'complete', 'exact', '{"cuts": "adaptive", "long_shot_seconds": 10.0}', 'cpu', '0.1', 199, 200, 'matroska', 'h264', 1920, 1080, 90, 23.976023976023978, -21333, 4000000, 96, 2, 4, 24, NULL);
INSERT INTO public.index_run VALUES (3, 3, 1, 'building', 'exact', '{"cuts": "adaptive", "long_shot_seconds": 10.0}', 'cpu', '0.1', 100, NULL, 'matroska', 'h264', 1920, 1080, 90, 23.976023976023978, -21333, 4000000, 96, 2, 0, 24, '[1, 2, []]');
INSERT INTO public.location VALUES (1, 1, '\x2f66696c6d732f46696c6d20312e6d6b76', '/films/Film 1.mkv', 7, 11, 5, NULL);
INSERT INTO public.location VALUES (2, 2, '\x2f66696c6d732f46696c6d20322e6d6b76', '/films/Film 2.mkv', 7, 11, 5, NULL);
INSERT INTO public.location VALUES (3, 3, '\x2f66696c6d732f6e6f74207965742e6d6b76', '/films/not yet.mkv', 7, 11, 5, NULL);
INSERT INTO public.model VALUES (1, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'plain', '1', '');
INSERT INTO public.model_tag VALUES (1, 0, 1, 'measured', 0.5, NULL, '[[0.5, 0.625], [0.9, 0.25]]');
INSERT INTO public.model_tag VALUES (1, 1, 2, 'weak', 0.03125, NULL, '[]');
INSERT INTO public.model_tag VALUES (1, 2, 3, 'untrained', NULL, NULL, '[]');
INSERT INTO public.model_tag VALUES (1, 3, 4, 'expert', 0.75, NULL, '[]');
INSERT INTO public.run_embedding VALUES (1, '\x0000a0bf8988883c6900ff');
INSERT INTO public.run_embedding VALUES (2, '\x006055bfd9d8603c6d00ff');
INSERT INTO public.shot VALUES (1, 0, 0, 1000000, 0, 0, 1, '\x81897a', '\x003a002c00000034');
INSERT INTO public.shot VALUES (1, 1, 1000000, 2000000, 0, 0, 0, '\x', NULL);
INSERT INTO public.shot VALUES (1, 2, 2000000, 4000000, 0, 0, 1, '\x8192f401', '\x000000000000003b');
INSERT INTO public.shot VALUES (2, 0, 0, 1000000, 0, 0, 1, '\x81b51883d46185d461', '\x003a002c00000034');
INSERT INTO public.shot VALUES (2, 1, 1000000, 2000000, 0, 0, 0, '\x', NULL);
INSERT INTO public.shot VALUES (2, 2, 2000000, 3000000, 7, 9, 2, '\x82897a', '\x000000280000003b');
INSERT INTO public.shot VALUES (2, 3, 3000000, 4000000, 0, 0, 3, '\x83897a', '\x0000000000000000');
INSERT INTO public.shot VALUES (3, 0, 0, 1000000, 0, 0, 1, '\x81b51883d46185d461', '\x003a002c00000034');
INSERT INTO public.shot VALUES (3, 1, 1000000, 2000000, 0, 0, 0, '\x', NULL);
INSERT INTO public.shot VALUES (3, 2, 2000000, 3000000, 7, 9, 2, '\x82897a', '\x000000280000003b');
INSERT INTO public.tag VALUES (1, 'Animation', 'animation', 'style');
INSERT INTO public.tag VALUES (2, 'War', 'war', 'violence and action');
INSERT INTO public.tag VALUES (3, 'Prison', 'prison', 'place');
INSERT INTO public.tag VALUES (4, 'Nudity', 'nudity', 'nudity');
INSERT INTO public.tag_shots VALUES (1, 1, '\x0000', '\x003a');
INSERT INTO public.tag_shots VALUES (1, 2, '\x0000', '\x003a');
INSERT INTO public.tag_shots VALUES (2, 1, '\x0000', '\x002c');
INSERT INTO public.tag_shots VALUES (2, 2, '\x00000200', '\x002c0028');
INSERT INTO public.tag_shots VALUES (4, 1, '\x00000200', '\x0034003b');
INSERT INTO public.tag_shots VALUES (4, 2, '\x00000200', '\x0034003b');
INSERT INTO public.transition VALUES (2, 2, 'dissolve', 1999991, 2000001);
INSERT INTO public.transition VALUES (3, 2, 'dissolve', 1999991, 2000001);
SELECT pg_catalog.setval('public.film_id_seq', 3, true);
SELECT pg_catalog.setval('public.index_run_id_seq', 3, true);
SELECT pg_catalog.setval('public.location_id_seq', 3, true);
SELECT pg_catalog.setval('public.model_id_seq', 1, true);
SELECT pg_catalog.setval('public.pause_id_seq', 1, false);
SELECT pg_catalog.setval('public.person_id_seq', 1, false);
SELECT pg_catalog.setval('public.review_id_seq', 1, false);
SELECT pg_catalog.setval('public.saved_search_id_seq', 1, false);
SELECT pg_catalog.setval('public.tag_id_seq', 4, true);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.audit
    ADD CONSTRAINT pk_audit PRIMARY KEY (id);
ALTER TABLE ONLY public.daemon
    ADD CONSTRAINT pk_daemon PRIMARY KEY (owner);
ALTER TABLE ONLY public.embedding_block
    ADD CONSTRAINT pk_embedding_block PRIMARY KEY (run_id, first);
ALTER TABLE ONLY public.film
    ADD CONSTRAINT pk_film PRIMARY KEY (id);
ALTER TABLE ONLY public.film_tag
    ADD CONSTRAINT pk_film_tag PRIMARY KEY (run_id, tag_id);
ALTER TABLE ONLY public.index_run
    ADD CONSTRAINT pk_index_run PRIMARY KEY (id);
ALTER TABLE ONLY public.job
    ADD CONSTRAINT pk_job PRIMARY KEY (film_id);
ALTER TABLE ONLY public.location
    ADD CONSTRAINT pk_location PRIMARY KEY (id);
ALTER TABLE ONLY public.model
    ADD CONSTRAINT pk_model PRIMARY KEY (id);
ALTER TABLE ONLY public.model_tag
    ADD CONSTRAINT pk_model_tag PRIMARY KEY (model_id, ordinal);
ALTER TABLE ONLY public.pause
    ADD CONSTRAINT pk_pause PRIMARY KEY (id);
ALTER TABLE ONLY public.person
    ADD CONSTRAINT pk_person PRIMARY KEY (id);
ALTER TABLE ONLY public.review
    ADD CONSTRAINT pk_review PRIMARY KEY (id);
ALTER TABLE ONLY public.run_embedding
    ADD CONSTRAINT pk_run_embedding PRIMARY KEY (run_id);
ALTER TABLE ONLY public.saved_hit
    ADD CONSTRAINT pk_saved_hit PRIMARY KEY (search_id, film_id, start_us);
ALTER TABLE ONLY public.saved_search
    ADD CONSTRAINT pk_saved_search PRIMARY KEY (id);
ALTER TABLE ONLY public.shot
    ADD CONSTRAINT pk_shot PRIMARY KEY (run_id, ordinal);
ALTER TABLE ONLY public.tag
    ADD CONSTRAINT pk_tag PRIMARY KEY (id);
ALTER TABLE ONLY public.tag_shots
    ADD CONSTRAINT pk_tag_shots PRIMARY KEY (tag_id, run_id);
ALTER TABLE ONLY public.transition
    ADD CONSTRAINT pk_transition PRIMARY KEY (run_id, ordinal);
ALTER TABLE ONLY public.withdrawal
    ADD CONSTRAINT pk_withdrawal PRIMARY KEY (review_id);
ALTER TABLE ONLY public.film
    ADD CONSTRAINT uq_film_fingerprint UNIQUE (fingerprint);
ALTER TABLE ONLY public.location
    ADD CONSTRAINT uq_location_path UNIQUE (path);
ALTER TABLE ONLY public.model
    ADD CONSTRAINT uq_model_digest UNIQUE (digest);
ALTER TABLE ONLY public.model_tag
    ADD CONSTRAINT uq_model_tag_model_id_tag_id UNIQUE (model_id, tag_id);
ALTER TABLE ONLY public.person
    ADD CONSTRAINT uq_person_name UNIQUE (name);
ALTER TABLE ONLY public.person
    ADD CONSTRAINT uq_person_token_digest UNIQUE (token_digest);
ALTER TABLE ONLY public.saved_search
    ADD CONSTRAINT uq_saved_search_name UNIQUE (name);
ALTER TABLE ONLY public.tag
    ADD CONSTRAINT uq_tag_name UNIQUE (name);
CREATE INDEX ix_audit_kind_subject ON public.audit USING btree (kind, subject);
CREATE INDEX ix_film_tag_tag_id_peak ON public.film_tag USING btree (tag_id, peak);
CREATE INDEX ix_film_title_words ON public.film USING gin (array_to_tsvector(array_remove(string_to_array(title_folded, ' '::text), ''::text)));
CREATE INDEX ix_index_run_film_id ON public.index_run USING btree (film_id);
CREATE INDEX ix_location_film_id ON public.location USING btree (film_id);
CREATE INDEX ix_review_film_id ON public.review USING btree (film_id);
CREATE INDEX ix_saved_hit_film_id ON public.saved_hit USING btree (film_id);
CREATE INDEX ix_shot_not_looked_at ON public.shot USING btree (state, run_id) WHERE (state = 0);
CREATE INDEX ix_tag_shots_run_id ON public.tag_shots USING btree (run_id);
CREATE TRIGGER audit_refuses BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuses();
ALTER TABLE ONLY public.embedding_block
    ADD CONSTRAINT fk_embedding_block_run_id FOREIGN KEY (run_id) REFERENCES public.index_run(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.film
    ADD CONSTRAINT fk_film_current_run_id FOREIGN KEY (current_run_id) REFERENCES public.index_run(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.film_tag
    ADD CONSTRAINT fk_film_tag_run_id FOREIGN KEY (run_id) REFERENCES public.index_run(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.film_tag
    ADD CONSTRAINT fk_film_tag_tag_id FOREIGN KEY (tag_id) REFERENCES public.tag(id);
ALTER TABLE ONLY public.index_run
    ADD CONSTRAINT fk_index_run_film_id FOREIGN KEY (film_id) REFERENCES public.film(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.index_run
    ADD CONSTRAINT fk_index_run_model_id FOREIGN KEY (model_id) REFERENCES public.model(id);
ALTER TABLE ONLY public.job
    ADD CONSTRAINT fk_job_film_id FOREIGN KEY (film_id) REFERENCES public.film(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.location
    ADD CONSTRAINT fk_location_film_id FOREIGN KEY (film_id) REFERENCES public.film(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.model_tag
    ADD CONSTRAINT fk_model_tag_model_id FOREIGN KEY (model_id) REFERENCES public.model(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.model_tag
    ADD CONSTRAINT fk_model_tag_tag_id FOREIGN KEY (tag_id) REFERENCES public.tag(id);
ALTER TABLE ONLY public.review
    ADD CONSTRAINT fk_review_film_id FOREIGN KEY (film_id) REFERENCES public.film(id);
ALTER TABLE ONLY public.run_embedding
    ADD CONSTRAINT fk_run_embedding_run_id FOREIGN KEY (run_id) REFERENCES public.index_run(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.saved_hit
    ADD CONSTRAINT fk_saved_hit_film_id FOREIGN KEY (film_id) REFERENCES public.film(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.saved_hit
    ADD CONSTRAINT fk_saved_hit_search_id FOREIGN KEY (search_id) REFERENCES public.saved_search(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.shot
    ADD CONSTRAINT fk_shot_run_id FOREIGN KEY (run_id) REFERENCES public.index_run(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.tag_shots
    ADD CONSTRAINT fk_tag_shots_run_id FOREIGN KEY (run_id) REFERENCES public.index_run(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.tag_shots
    ADD CONSTRAINT fk_tag_shots_tag_id FOREIGN KEY (tag_id) REFERENCES public.tag(id);
ALTER TABLE ONLY public.transition
    ADD CONSTRAINT fk_transition_run_id_ordinal FOREIGN KEY (run_id, ordinal) REFERENCES public.shot(run_id, ordinal) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE ONLY public.withdrawal
    ADD CONSTRAINT fk_withdrawal_review_id FOREIGN KEY (review_id) REFERENCES public.review(id);
